"""Which medium an agent's name means.

Generic and trade names as on the labels; the groups of gadolinium are those of the ACR Manual on
Contrast Media (2024, chapter on nephrogenic systemic fibrosis), gadoxetate in the more careful one.
"""

from worklist.vocabulary import Contrast

_NAMES: dict[Contrast, tuple[str, ...]] = {
    Contrast.IODINATED: (
        "iohexol", "omnipaque", "accupaque", "iopamidol", "isovue", "solutrast", "iopamiro",
        "iomeprol", "iomeron", "imeron", "iodixanol", "visipaque", "iopromide", "ultravist",
        "ioversol", "optiray", "iobitridol", "xenetix", "ioxaglate", "hexabrix", "ioxilan",
        "oxilan", "diatrizoate", "amidotrizoate", "gastrografin", "gastrolux", "peritrast",
        "ioxithalamate", "telebrix", "iothalamate", "conray", "lipiodol", "iodinated", "iodine",
    ),
    Contrast.GADOLINIUM_GROUP_1: (
        "gadodiamide", "omniscan", "gadopentetate", "magnevist", "magnograf", "gadoversetamide",
        "optimark",
    ),
    Contrast.GADOLINIUM_GROUP_2: (
        "gadobenate", "multihance", "gadobutrol", "gadavist", "gadovist", "gadoterate", "gadoteric",
        "dotarem", "clariscan", "dotagraf", "gadoteridol", "prohance", "gadopiclenol", "elucirem",
        "vueway",
    ),
    Contrast.GADOLINIUM_GROUP_3: ("gadoxetate", "gadoxetic", "eovist", "primovist"),
    Contrast.BARIUM: ("barium", "micropaque", "varibar", "readi-cat"),
    Contrast.MICROBUBBLES: (
        "sulfur hexafluoride", "sulphur hexafluoride", "sonovue", "lumason", "perflutren",
        "definity", "luminity", "optison", "sonazoid", "perfluorobutane",
    ),
}  # fmt: skip


def medium_of(agent: str, *, otherwise: Contrast | None = None) -> Contrast | None:
    """Return the medium that a name means.

    Args:
        agent: Name as somebody wrote it, with strength or maker.
        otherwise: What the exam is done with, for a name that says nothing.
    """
    words = agent.casefold()
    for medium, names in _NAMES.items():
        if any(name in words for name in names):
            return medium
    return otherwise if otherwise is not Contrast.NONE else None
