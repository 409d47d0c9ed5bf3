# ruff: noqa: RUF001 - names in other alphabets hold letters that look alike
"""Invented patients: names in many scripts that nobody bears, ages and weights that fit."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

_DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Name:
    """Family and given name in up to three representations (DICOM PS3.5 section 6.2.1)."""

    family: str
    given: str
    ideographic: tuple[str, str] | None = None
    phonetic: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A patient of the simulated hospital; height in cm, weight in kg.

    Attributes:
        number: The hospital's medical record number.
        phone: As it is written; empty where nobody has asked.
        street: With the house's number; empty where it is not known, as is the town.
    """

    number: str
    name: Name
    sex: str
    birth_date: date
    weight_kg: float
    height_cm: int
    phone: str = ""
    street: str = ""
    town: str = ""

    def age(self, today: date) -> int:
        """Return the age in completed years."""
        before_birthday = (today.month, today.day) < (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - before_birthday


@dataclass(frozen=True, slots=True)
class _Names:
    families: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]


_NAMES = (
    _Names(
        ("Brückenwald", "Grünspecht", "Sörgelbach", "Tannenrößl", "Haselmäusler", "Almrauschner"),
        ("Käthe", "Jördis", "Annegret", "Liesl", "Ursula-Maria"),
        ("Jörg", "Götz", "Veit", "Hans-Günther", "Rüdiger"),
    ),
    _Names(
        (
            "Quillfeather",
            "O'Thistlewood",
            "Merrybrook",
            "Fernsby-Oakes",
            "Larkspurton",
            "Pennywort",
        ),
        ("Wilhelmina", "Primrose", "Maeve", "Hazel", "Constance"),
        ("Barnaby", "Rufus", "Finlay", "Silas", "Montgomery"),
    ),
    _Names(
        ("Łąkowiec", "Żabiński-Staw", "Świerszczyk", "Dvořáčkovec", "Hříbeček", "Čápovský"),
        ("Małgorzata", "Božena", "Zdeňka", "Jadwiga", "Růžena"),
        ("Sławomir", "Bořivoj", "Jiří", "Zbigniew", "Čeněk"),
    ),
    _Names(
        ("Fjærebekk", "Åsgårdslund", "Bjørkesøn", "Järvinevä", "Snøklokke", "Hämähäkkinen"),
        ("Åse", "Solveig", "Päivi", "Sølvi", "Märta"),
        ("Øystein", "Håkon", "Väinö", "Bjørn", "Åke"),
    ),
    _Names(
        ("Peñaverde", "Núñez de la Alondra", "Conceição-Prado", "Ruiseñor", "Figueirôa", "Montaña"),
        ("Begoña", "Inês", "Lucía", "Assunção", "Guiomar"),
        ("Íñigo", "João", "Álvaro", "Estêvão", "Ramón"),
    ),
    _Names(
        ("Gökçedere", "Işıkçı", "Şahinoğlu-Göl", "Szélkakas", "Őszibarack", "Pipacsvölgyi"),
        ("Çiğdem", "Gülşen", "Erzsébet", "Zsófia", "İpek"),
        ("Oğuz", "Çağrı", "Győző", "Ödön", "Şükrü"),
    ),
    _Names(
        ("Θαλασσινάκης", "Ελαιώνας", "Λευκοπέτρας"),
        ("Ευτέρπη", "Καλλιόπη", "Δανάη"),
        ("Αχιλλέας", "Ορέστης", "Ίκαρος"),
    ),
    _Names(
        ("Белоснежко", "Рябинушко", "Журавленко"),
        ("Василиса", "Злата", "Любава"),
        ("Добрыня", "Елисей", "Радомир"),
    ),
    _Names(
        ("Nguyễn-Lâm", "Trần Đồi", "Phạm Suối"),
        ("Thị Mây", "Diệu Hương", "Ánh Sao"),
        ("Văn Núi", "Đức Rừng", "Quốc Biển"),
    ),
)

_WOMEN_IN_THREE_SCRIPTS = (
    Name("Hoshizora", "Midori", ("星空", "緑"), ("ほしぞら", "みどり")),
    Name("Amagumo", "Sakurako", ("雨雲", "桜子"), ("あまぐも", "さくらこ")),
    Name("Yunhua", "Chunyu", ("云花", "春雨")),
    Name("Dalbit", "Haneul", ("달빛", "하늘")),
)
_MEN_IN_THREE_SCRIPTS = (
    Name("Takigawa", "Hayate", ("滝川", "疾風"), ("たきがわ", "はやて")),
    Name("Songshan", "Yuelang", ("松山", "月朗")),
    Name("Baram", "Sol", ("바람", "솔")),
)
_IN_THREE_SCRIPTS = 0.08
_STREETS = (
    "Ahornweg",
    "Birkenallee",
    "Am Lindenhof",
    "Schlehengasse",
    "Mühlbachstraße",
    "Kirchsteig",
)
_TOWNS = ("Lindenau", "Steinbruck", "Obermoos", "Auhofen")
_KNOWN_PHONE = 0.9
# Numbers that are never given to anybody (Ofcom, numbers for use in drama).
_PHONE = "+44 7700 900{:03d}"
_HEIGHTS = {"F": (165.0, 6.5), "M": (178.0, 7.0)}
_GROWN_AT = 17
_BODY_MASS_INDEX = (26.5, 4.5)
_WEIGHTS = (3.0, 240.0)


def invent(
    rng: random.Random, today: date, *, sex: str | None = None, ages: tuple[int, int]
) -> Person:
    """Make a patient up.

    Args:
        rng: Where chance comes from.
        today: The day from which the age counts.
        sex: ``F`` or ``M``, either one when left out.
        ages: Youngest and oldest age in years.
    """
    sex = sex or rng.choice("FM")
    days = rng.uniform(ages[0] * _DAYS_A_YEAR + 1, (ages[1] + 1) * _DAYS_A_YEAR - 1)
    height = _height(rng, sex, days / _DAYS_A_YEAR)
    body_mass_index = max(14.0, rng.gauss(*_BODY_MASS_INDEX))
    weight = min(max(body_mass_index * (height / 100) ** 2, _WEIGHTS[0]), _WEIGHTS[1])
    return Person(
        number=f"S{rng.randrange(10**9):09d}",
        name=_name(rng, sex),
        sex=sex,
        birth_date=today - timedelta(days=days),
        weight_kg=round(weight, 1),
        height_cm=round(height),
        phone=_PHONE.format(rng.randrange(1000)) if rng.random() < _KNOWN_PHONE else "",
        street=f"{rng.choice(_STREETS)} {rng.randrange(1, 90)}",
        town=rng.choice(_TOWNS),
    )


def _name(rng: random.Random, sex: str) -> Name:
    if rng.random() < _IN_THREE_SCRIPTS:
        return rng.choice(_WOMEN_IN_THREE_SCRIPTS if sex == "F" else _MEN_IN_THREE_SCRIPTS)
    names = rng.choice(_NAMES)
    return Name(rng.choice(names.families), rng.choice(names.women if sex == "F" else names.men))


def _height(rng: random.Random, sex: str, age: float) -> float:
    if age < _GROWN_AT:
        return 55.0 + 6.6 * age
    return rng.gauss(*_HEIGHTS[sex])
