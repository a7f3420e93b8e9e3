from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import oncologist
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tumorboard.boards.models import BoardRole

pytestmark = pytest.mark.django_db


def test_a_board_that_is_not_yours_looks_like_one_that_is_not_there(client: Client):
    board = new_board()
    client.force_login(oncologist())
    there = client.get(reverse("boards:detail", args=[board.uuid]))
    nowhere = client.get(reverse("boards:detail", args=["00000000-0000-0000-0000-000000000000"]))
    assert there.status_code == nowhere.status_code == 404
    assert client.post(reverse("boards:add_member", args=[board.uuid])).status_code == 404


def test_the_page_lists_members_and_hides_the_form_from_plain_members(client: Client):
    board = new_board()
    bob = member(board, BoardRole.MEMBER, "bob")
    client.force_login(bob)
    page = client.get(reverse("boards:detail", args=[board.uuid]))
    assert "Bob" in page.text
    assert reverse("boards:add_member", args=[board.uuid]) not in page.text


def test_the_coordinator_adds_and_ends_members(client: Client):
    board, alice = new_board(), oncologist("alice")
    client.force_login(member(board, BoardRole.COORDINATOR))
    added = {"user": alice.pk, "board_role": "presenter"}
    client.post(reverse("boards:add_member", args=[board.uuid]), added)
    membership = board.members.get(user=alice)
    assert membership.board_role == "presenter"
    client.post(reverse("boards:remove_member", args=[board.uuid, membership.pk]))
    assert not board.members.current().filter(user=alice).exists()


def test_a_wrong_form_says_so(client: Client):
    board = new_board()
    client.force_login(member(board, BoardRole.CHAIR))
    page = client.post(reverse("boards:add_member", args=[board.uuid]), {"board_role": "emperor"})
    assert page.status_code == 422
    assert "There is a problem" in page.text


def test_a_refusal_is_shown_on_the_page_one_came_from(client: Client):
    board = new_board()
    client.force_login(member(board, BoardRole.CHAIR))
    member(board, BoardRole.MEMBER)
    membership = board.members.get(board_role="member")
    url = reverse("boards:remove_member", args=[board.uuid, membership.pk])
    here = reverse("boards:detail", args=[board.uuid])
    client.post(url)
    page = client.post(url, headers={"Referer": f"http://testserver{here}"}, follow=True)
    assert page.redirect_chain == [(f"http://testserver{here}", 302)]
    assert "is no longer on" in page.text


def test_a_page_of_another_site_is_not_gone_back_to(client: Client):
    board = new_board()
    client.force_login(member(board, BoardRole.CHAIR))
    member(board, BoardRole.MEMBER)
    url = reverse("boards:remove_member", args=[board.uuid, board.members.get(board_role="member").pk])
    client.post(url)
    assert client.post(url, headers={"Referer": "https://evil.example/"}).url == reverse("cases:worklist")


def test_pages_take_a_fixed_number_of_queries(client: Client, django_assert_max_num_queries):
    board = new_board()
    client.force_login(member(board, BoardRole.CHAIR))
    for _ in range(5):
        member(board, BoardRole.MEMBER)
    with django_assert_max_num_queries(9):
        client.get(reverse("boards:detail", args=[board.uuid]))


def test_own_boards_for_the_profile(client: Client):
    board = new_board(name="Thoracic board")
    client.force_login(member(board, BoardRole.CHAIR))
    page = client.get(reverse("boards:mine"))
    assert "Thoracic board" in page.text
    assert "Chair" in page.text
