from django.urls import path

from tumorboard.meetings.views import decisions, follow_up, planning, session

app_name = "meetings"
ITEM = "<uuid:uuid>/items/<uuid:item>/"
urlpatterns = [
    # planning
    path("", planning.meeting_list, name="list"),
    path("plan/", planning.plan, name="plan"),
    path("of-board/<uuid:uuid>/", planning.of_board, name="of_board"),
    path("of-case/<uuid:uuid>/", planning.of_case, name="of_case"),
    path("<uuid:uuid>/", planning.detail, name="detail"),
    path("<uuid:uuid>/agenda/", planning.add_item, name="add_item"),
    path(ITEM + "move/", planning.move_item, name="move_item"),
    path(ITEM + "remove/", planning.remove_item, name="remove_item"),
    # in session
    path("<uuid:uuid>/open/", session.open_meeting, name="open"),
    path("<uuid:uuid>/close/", session.close_meeting, name="close"),
    path("<uuid:uuid>/attendance/<int:attendance>/", session.attend, name="attend"),
    path("<uuid:uuid>/guests/", session.add_guest, name="add_guest"),
    path("<uuid:uuid>/present/", session.present, name="present"),
    path("<uuid:uuid>/present/<uuid:item>/", session.present_item, name="present_item"),
    path("<uuid:uuid>/position/", session.position, name="position"),
    path(ITEM + "position/", session.set_position, name="set_position"),
    path(ITEM + "start/", session.start_item, name="start_item"),
    # deciding
    path(ITEM + "notes/", decisions.note, name="note"),
    path(ITEM + "recommendations/", decisions.recommend, name="recommend"),
    path(ITEM + "recommendations/<uuid:recommendation>/withdraw/", decisions.withdraw, name="withdraw"),
    path(ITEM + "dissents/", decisions.dissent, name="dissent"),
    path(ITEM + "recusals/", decisions.recuse, name="recuse"),
    path(ITEM + "decide/", decisions.decide, name="decide"),
    path(ITEM + "sign/", decisions.sign, name="sign"),
    # afterwards
    path("decisions/<uuid:item>/", decisions.decision, name="decision"),
    path("decisions/<uuid:item>/print/", decisions.printable, name="print"),
    path("decisions/<uuid:item>/addenda/", decisions.add_addendum, name="add_addendum"),
    path("follow-up/", follow_up.follow_up_list, name="follow_up"),
    path("follow-up/waiting/", follow_up.undocumented, name="undocumented"),
    path("follow-up/<uuid:recommendation>/", follow_up.follow_up_form, name="follow_up_form"),
]
