"""Made-up names as one meets them in England and the Marches: many origins, marks, apostrophes and double barrels."""

from collections.abc import Iterator
from random import Random

# First names and surnames that go together.
_FAMILIES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        (
            "Emily",
            "Jack",
            "Charlotte",
            "Harry",
            "Alison",
            "Graham",
            "Susan",
            "Peter",
            "Lucy",
            "Martin",
            "Joanne",
        ),
        (
            "Thompson",
            "Wright",
            "Harrison",
            "Fletcher",
            "Barlow",
            "Hargreaves",
            "Whitmore",
            "Pickering",
            "Ashworth",
        ),
    ),
    (
        ("Siân", "Rhŷs", "Cerys", "Dafydd", "Gwenllian", "Huw", "Nia", "Aled"),
        ("Llŵyd-Evans", "Pryce", "Ap Gŵilym", "Griffiths", "Bevan", "Prosser", "Powell"),
    ),
    (
        ("Siobhán", "Ciarán", "Róisín", "Declan", "Niamh", "Eoin", "Maeve"),
        ("O'Brien", "O’Sullivan", "McCarthy", "Ní Dhomhnaill", "Gallagher", "Fitzpatrick"),
    ),
    (
        ("Morag", "Hamish", "Eilidh", "Callum", "Fiona", "Ewan"),
        ("MacDonald", "McAllister", "Farquharson", "Buchanan", "Sutherland"),
    ),
    (
        ("Priya", "Arjun", "Meera", "Sandeep", "Harpreet", "Gurdeep", "Anjali", "Vikram", "Jaswinder"),
        ("Patel", "Sharma", "Kaur Dhillon", "Singh Gill", "Chaudhary", "Venkataraman", "Desai", "Bains"),
    ),
    (
        ("Ayesha", "Imran", "Fatima", "Yusuf", "Nasreen", "Tariq", "Zainab", "Shabnam"),
        ("Khan", "Hussain", "Begum", "Rahman", "Malik", "Al-Hassan", "Mahmood", "Choudhury"),
    ),
    (
        ("Łucja", "Zbigniew", "Małgorzata", "Paweł", "Agnieszka", "Tomasz"),
        ("Łukasiewicz", "Wójcik", "Kowalczyk", "Żukowska", "Nowak", "Wiśniewska"),
    ),
    (
        ("Adaeze", "Chukwuemeka", "Folasade", "Kwame", "Abena", "Oluwaseun", "Temperance"),
        ("Okonkwo", "Adébáyò", "Mensah", "Owusu-Ansah", "Nwosu", "Boateng"),
    ),
    (
        ("Marcia", "Delroy", "Shanice", "Winston", "Beverley", "Leroy"),
        ("Campbell", "Francis-Morgan", "Grant", "Braithwaite", "Clarke", "Lewis"),
    ),
    (
        ("Mei Ling", "Wei", "Thảo", "Minh", "Yuki", "Hao"),
        ("Chan", "Nguyễn", "Wong", "Lim", "Tanaka", "Zhang"),
    ),
    (
        ("Ioana", "Andrei", "Zuzana", "Dušan", "Kristīne", "Željko", "Elif"),
        ("Popescu", "Ionescu", "Nováková", "Horváth", "Ozoliņš", "Yıldız"),
    ),
    (
        ("Persephone", "Rupert", "Arabella", "Christopher-James", "Henrietta"),
        ("Fotherington-Wolstenholme", "Featherstonehaugh", "Cavendish-Montgomery", "Hetherington-Smythe"),
    ),
)


def names(random: Random) -> Iterator[str]:
    """Names without repetition, in an order that the seed decides."""
    everybody = [f"{first} {last}" for firsts, lasts in _FAMILIES for first in firsts for last in lasts]
    random.shuffle(everybody)
    yield from everybody
