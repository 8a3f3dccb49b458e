"""Each version says who wrote it and when, also where the server shows a value that nobody wrote against the other."""

from opsdesk.services import conflicts, positions, tickets
from opsdesk.services.conflicts import Version
from tests.support.posts import Post


def who(version: Version | None) -> tuple[str, str]:
    """The author of a version and what it says besides its value."""
    assert version is not None
    assert version.author is not None
    return version.author.name, version.detail


def test_a_void_of_mine_stands_against_the_person_who_edited_meanwhile(post: Post) -> None:
    ticket = post.ticket()
    post.anna.do(tickets.void, ticket, "reported twice")
    post.ben.edit(ticket, location="West approach")
    for station in (post.ben, post.anna, post.ben):
        station.exchange()
    post.meet()
    (found,) = post.anna.record(ticket).open
    assert who(found.version("mine")) == ("Anna Harrow", "")
    assert who(found.version("theirs")) == ("Ben Ferreira", "changed location")
    assert who(found.version("base")) == ("Anna Harrow", ""), "it was she who reported it"
    assert not found.versions[2].here
    (line,) = post.anna.ask(conflicts.lists).mine
    assert {person.name for person in line.who} == {"Anna Harrow", "Ben Ferreira"}
    (seen,) = post.ben.record(ticket).open
    assert who(seen.version("mine")) == ("Ben Ferreira", "changed location")
    assert who(seen.version("theirs")) == ("Anna Harrow", "")


def test_a_parent_that_would_go_round_names_who_put_the_other_ticket_below(post: Post) -> None:
    one, two = post.ticket(), post.ticket()
    post.ben.edit(two, parent=one)
    post.anna.edit(one, parent=two)
    post.ben.exchange()
    post.anna.exchange()
    post.meet()
    (found,) = post.anna.record(one).open
    number = post.anna.ask(lambda reader: reader.value("SELECT number FROM ticket WHERE id = ?", (two,)))
    assert who(found.version("mine")) == ("Anna Harrow", "")
    assert who(found.version("theirs")) == ("Ben Ferreira", f"{number} stands below this one")


def test_half_a_position_says_on_the_grid_where_it_is_with_the_other_half(post: Post) -> None:
    ticket = post.ticket(lat=5.0, lon=20.0)
    post.apart(ticket, lat=(5.5, 6.5), lon=(20.5, 21.5))
    for found in post.anna.record(ticket).open:
        assert [one.detail for one in found.versions] == [
            positions.mgrs(5.0, 20.0), positions.mgrs(5.5, 20.5), positions.mgrs(6.5, 21.5),
        ]  # fmt: skip
    latitude = next(one for one in post.anna.record(ticket).open if one.field == "lat")
    assert [one.text for one in latitude.versions] == ["5.00000° N", "5.50000° N", "6.50000° N"]


def test_one_half_alone_is_placed_with_the_half_that_the_record_shows(post: Post) -> None:
    ticket = post.ticket(lat=5.0, lon=-20.0)
    post.apart(ticket, lat=(5.5, 6.5), lon=(-19.0, -19.0))
    (found,) = post.anna.record(ticket).open
    assert found.versions[1].detail == positions.mgrs(5.5, -19.0)
