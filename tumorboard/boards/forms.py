from __future__ import annotations

from django import forms

from tumorboard.accounts.models import User
from tumorboard.boards.models import Board, BoardMember, BoardRole


class MemberForm(forms.Form):
    """Somebody with an account who is not on the board yet."""

    user = forms.ModelChoiceField(User.objects.none(), label="Person")
    board_role = forms.ChoiceField(choices=BoardRole.choices, label="Role on the board")

    def __init__(self, *args: object, board: Board, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        taken = BoardMember.objects.current().filter(board=board).values("user_id")
        people = User.objects.filter(is_active=True).exclude(pk__in=taken)
        self.fields["user"].queryset = people.order_by("display_name")
