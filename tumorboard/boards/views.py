"""A board's page: who belongs to it, when it meets. No patient is named here."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.boards import actions, permissions
from tumorboard.boards.forms import MemberForm
from tumorboard.boards.models import Board, BoardMember


def load_board(request: HttpRequest, uuid: UUID) -> Board:
    """The board, or 404 when there is none or it is not for this person."""
    return get_object_or_404(Board.objects.visible_to(request.user), uuid=uuid)


@require_GET
def board_list(request: HttpRequest) -> HttpResponse:
    return render(request, "boards/list.html", {"boards": Board.objects.visible_to(request.user)})


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Fragment for the profile: own boards with the role on each."""
    memberships = BoardMember.objects.current().filter(user=request.user).select_related("board")
    return render(request, "boards/mine.html", {"memberships": memberships.order_by("board__name")})


@require_GET
def detail(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _page(request, load_board(request, uuid))


@require_POST
@refusable
def add_member(request: HttpRequest, uuid: UUID) -> HttpResponse:
    board = load_board(request, uuid)
    form = MemberForm(request.POST, board=board)
    if not form.is_valid():
        return _page(request, board, form, status=422)
    actions.add_member(board=board, by=request.user, **form.cleaned_data)
    messages.success(request, f"{form.cleaned_data['user']} is now on {board}.")
    return redirect("boards:detail", board.uuid)


@require_POST
@refusable
def remove_member(request: HttpRequest, uuid: UUID, member: int) -> HttpResponse:
    board = load_board(request, uuid)
    membership = get_object_or_404(board.members.select_related("user", "board"), pk=member)
    actions.remove_member(member=membership, by=request.user)
    return redirect("boards:detail", board.uuid)


def _page(
    request: HttpRequest, board: Board, form: MemberForm | None = None, status: int = 200
) -> HttpResponse:
    keeps = permissions.user_can_keep_members(request.user, board)
    context = {
        "board": board,
        "members": board.members.current().select_related("user"),
        "form": (form or MemberForm(board=board)) if keeps else None,
    }
    return render(request, "boards/detail.html", context, status=status)
