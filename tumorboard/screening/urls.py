from django.urls import path

from tumorboard.screening.views import boards, case, drafts, trials

app_name = "screening"
urlpatterns = [
    path("cases/<uuid:uuid>/trials/", case.case, name="case"),
    path("cases/<uuid:uuid>/trials/answer/", case.answer, name="answer"),
    path("cases/<uuid:uuid>/trials/answers/<uuid:override>/withdraw/", case.withdraw, name="withdraw"),
    path("cases/<uuid:uuid>/trials/refer/", case.refer, name="refer"),
    path("cases/<uuid:uuid>/trials/referrals/<uuid:referral>/", case.move, name="move"),
    path("cases/<uuid:uuid>/trials/ask/", case.ask, name="ask"),
    path("cases/<uuid:uuid>/trials/asks/<uuid:ask>/", case.settle, name="settle"),
    path("cases/<uuid:uuid>/trials/read/", case.read, name="read"),
    path("trials/", trials.trial_list, name="trials"),
    path("trials/changes/", boards.changes, name="changes"),
    path("trials/drafts/", drafts.draft_list, name="drafts"),
    path("trials/drafts/<str:trial_id>/", drafts.draft, name="draft"),
    path("trials/drafts/<str:trial_id>/save/", drafts.save, name="save-draft"),
    path("trials/proposals/<uuid:uuid>/", drafts.proposal, name="proposal"),
    path("trials/<str:trial_id>/", trials.trial, name="trial"),
    path("boards/<uuid:uuid>/trials/", boards.board, name="board"),
]
