"""What the made-up people of the sample say and need. It is about their own work, never about the real incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ACCEPTED: Final = (
    "Passed to {team} by radio, read back correct.",
    "Logged and passed on. {team} confirms by 10 minutes past the hour.",
    "Checked against the open list, no second report of it. Over to {team}.",
    "Position checked on the map, it fits the words of the report.",
)
STARTED: Final = (
    "On it. Next report in 30 minutes.",
    "Taking this one now, two of us.",
    "Started. Channel 4 is clear, channel 2 is not.",
    "Working on it, will need the log sheet from the last shift.",
)
WAITING: Final = (
    ("other unit", "Waiting for the answer of the neighbouring desk."),
    ("no communications", "No contact on either channel, trying again on the hour."),
    ("requester", "Asked the reporter for a better position."),
    ("transport", "No vehicle free before the next convoy."),
    ("approval", "Needs a yes from the duty commander."),
)
REPLIES: Final = (
    "Understood.",
    "Copied. Tell me when it moves.",
    "Thanks, noted in the log.",
    "Please send it again with the grid in ten figures.",
    "Same from our side.",
)
NOTES: Final = (
    "Second call on this, same content, no new facts.",
    "Entered on the wall map.",
    "Shift change in an hour: this one goes on the hand-over list.",
    "The times in the report are local. Corrected in the log.",
    "Please keep this on the list until the written report is in.",
)
SOLVED: Final = (
    ("handed over", "Handed over to the desk on the spot, log closed."),
    ("provided", "Answer given, nothing open on our side."),
    ("not needed", "Another number covers it, no more work here."),
    ("fixed", "Done and reported back."),
)
TAGS: Final = ("hand-over", "needs map", "second report", "night", "written report due")


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """A piece of the station's own work, made up. `ago` and `due` are minutes before and after now."""

    title: str
    type: str
    category: str
    unit: str
    asked_by: str
    worker: str
    urgency: int
    impact: int
    ago: int
    due: int
    where: str
    steps: tuple[str, ...]
    text: str


OWN: Final = (
    OwnTicket(
        "Generator 2 failed, on battery", "power", "power.supply.generator-fault", "Medical", "C. Moreau", "M. Okafor",
        3, 3, 52, 18, "Field hospital", ("accept", "start"),
        "Battery lasts about 70 minutes at half load. Fuel is full, starter turns, no ignition.",
    ),
    OwnTicket(
        "Radio relay R4 down since first light", "communications", "communications.radio.repeater", "Signals",
        "S. Ferreira", "S. Ferreira", 3, 2, 380, 150, "Hill 214", ("accept", "start", "wait:parts"),
        "No carrier since 0540Z. Spare power supply ordered from Depot East.",
    ),
    OwnTicket(
        "Water short by 2,400 l", "water", "water.water.tanker", "Dili", "I. Sato", "L. Nyberg", 2, 3, 310, 125,
        "Shelter 5", ("accept",), "Next tanker is booked for tomorrow. Stock lasts until about 2000Z.",
    ),
    OwnTicket(
        "60 more camp beds needed", "supply", "supply.stores.clothing-and-bedding", "Depot East", "I. Sato", "", 2, 2,
        300, 195, "Shelter 2", ("accept:Depot East",), "For tonight. Mattresses are there, frames are not.",
    ),
    OwnTicket(
        "Forklift 3 hydraulic leak, taken out of use", "vehicle", "vehicle.breakdown", "Depot East", "P. Kaminski",
        "P. Kaminski", 2, 2, 490, 0, "Bay 7", ("accept", "start", "wait:parts"),
        "Hose at the mast, part 4 on the sheet.",
    ),
    OwnTicket(
        "Fuel bowser late, convoy held", "supply", "supply.transport", "Bangui", "J. Halloran", "E. Harrow", 3, 2, 185,
        -25, "Checkpoint C", ("accept", "start"), "Convoy of six waits at checkpoint C. Bowser last seen at km 14.",
    ),
    OwnTicket(
        "Drone battery charger trips the fuse", "communications", "communications.network", "CP Main", "T. Weiss",
        "E. Harrow", 2, 1, 430, 330, "CP Main", ("accept",), "Trips after 20 minutes with three batteries on it.",
    ),
    OwnTicket(
        "Second interpreter needed for registration", "shelter", "shelter.registration", "Dili", "I. Sato",
        "E. Harrow", 2, 2, 1500, 60, "Shelter 5", ("accept", "start", "wait:requester"),
        "Morning and evening, two hours each.",
    ),
    OwnTicket(
        "Vehicle 22 inspection", "vehicle", "vehicle.inspection-due", "Patrol", "K. Lindqvist", "J. Vance", 1, 2, 2900,
        -12, "Workshop 1", ("accept",), "Due by the book today.",
    ),
    OwnTicket(
        "Return 14 empty gas cylinders", "supply", "supply.stores", "Depot East", "P. Kaminski", "P. Kaminski", 1, 1,
        1560, 0, "Yard 2", ("accept",), "Any truck that goes east with room.",
    ),
    OwnTicket(
        "Approve diversion B for the fuel bowser", "task", "task.planning", "CP Main", "J. Halloran", "E. Harrow", 3, 1,
        25, 35, "CP Main", (), "Diversion A is closed. B is 11 km longer and clear as of the last patrol.",
    ),
    OwnTicket(
        "Sign off the generator check sheet", "task", "task.routine.inspection", "CP Main", "M. Okafor", "E. Harrow", 1,
        2, 140, 240, "CP Main", (), "Filled in for generators 1 and 3.",
    ),
    OwnTicket(
        "Hand over the day shift at 1800Z", "task", "task.routine.handover", "CP Main", "E. Harrow", "E. Harrow", 2, 2,
        420, 200, "CP Main", ("accept", "start"), "Open points: relay R4, water at shelter 5, the two overdue ones.",
    ),
    OwnTicket(
        "Tent heaters: check carbon monoxide alarms", "building", "building.electrics-and-plumbing", "Medical",
        "C. Moreau", "T. Weiss", 2, 3, 980, 420, "Camp North", ("accept",),
        "All twelve tents, before they are used tonight.",
    ),
)  # fmt: skip
