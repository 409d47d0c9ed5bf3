"""The fields of each kind of thing as its form shows them."""

from dataclasses import dataclass
from enum import StrEnum

from worklist.catalogue.models import ResourceKind
from worklist.language.text import _
from worklist.vocabulary import Contrast, ContrastRoute, OperatingMode


class Input(StrEnum):
    """How a value is typed."""

    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    DAY = "date"
    WORDS = "words"
    BOX = "box"
    CHOICE = "choice"
    EITHER = "either"
    SITE = "site"
    ROOM = "room"
    ZONE = "zone"
    PHASES = "phases"


@dataclass(frozen=True, slots=True)
class Field:
    """One field; ``fixed`` ones are given once, by making the thing."""

    name: str
    label: str
    input: Input = Input.TEXT
    help: str = ""
    required: bool = False
    fixed: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind is called and what is asked of it; ``listed`` are the columns of its list."""

    title: str
    one: str
    fields: tuple[Field, ...]
    listed: tuple[str, ...]


_CODE = Field(
    "code", _("Code"), help=_("Letters and digits, at most 16"), required=True, fixed=True
)
_NAME = Field("name", _("Name"), required=True)
_SITE = Field("site", _("Site"), Input.SITE, required=True)
_MODALITY_HELP = _("DICOM's code, such as CT")
_MINUTES = _("minutes")
# What a bay, chair or member of staff may be, and what a phase may need beside the room.
NO_ROOMS = tuple(one for one in ResourceKind if one is not ResourceKind.ROOM)

FORMS: dict[str, Form] = {
    "site": Form(
        _("Sites"),
        _("site"),
        (
            _CODE,
            _NAME,
            Field("department", _("Department"), required=True),
            Field(
                "time_zone",
                _("Time zone"),
                Input.ZONE,
                _("Such as Europe/Vienna"),
                required=True,
            ),
            Field(
                "viewer_url",
                _("Image viewer"),
                help=_("Address with {study_instance_uid}, {accession_number} or {patient_id}"),
            ),
            Field("reports_here", _("Reports are written here"), Input.BOX),
        ),
        ("name", "department", "time_zone"),
    ),
    "room": Form(
        _("Rooms"),
        _("room"),
        (
            _CODE,
            _NAME,
            _SITE,
            Field("modalities", _("Modalities"), Input.WORDS, _MODALITY_HELP, required=True),
            Field(
                "capabilities",
                _("Can do"),
                Input.WORDS,
                _("Words that rules ask for, such as shielded, wide_bore, iodinated_contrast"),
            ),
            Field("table_limit_kg", _("Table carries, kg"), Input.NUMBER),
            Field("bore_cm", _("Bore, cm"), Input.NUMBER),
            Field("field_strength_tesla", _("Field, tesla"), Input.NUMBER),
            Field(
                "slew_rate_t_m_s",
                _("Slew rate, T/m/s"),
                Input.NUMBER,
                _("The most that the MR's gradients reach along one axis"),
            ),
            Field(
                "spatial_gradient_t_m",
                _("Spatial gradient, T/m"),
                Input.NUMBER,
                _("The largest of the MR's field where a patient can be"),
            ),
            Field("turnover_minutes", _("Between exams"), Input.NUMBER, _MINUTES),
            Field(
                "dose_rank", _("Dose rank"), Input.NUMBER, _("1 is the room with the lowest dose")
            ),
            Field("display_order", _("Place on the board"), Input.NUMBER, _("From the left")),
        ),
        ("name", "site", "modalities", "capabilities"),
    ),
    "resource": Form(
        _("Bays and staff"),
        _("bay, chair or member of staff"),
        (
            _CODE,
            _NAME,
            Field(
                "kind",
                _("Kind"),
                Input.CHOICE,
                required=True,
                choices=NO_ROOMS,
            ),
            _SITE,
        ),
        ("name", "kind", "site"),
    ),
    "station": Form(
        _("Stations"),
        _("station"),
        (
            Field("ae_title", _("AE title"), help=_("At most 16"), required=True, fixed=True),
            Field("room", _("Room"), Input.ROOM, required=True),
            Field("modality", _("Modality"), help=_MODALITY_HELP, required=True),
            Field("name", _("Station name"), help=_("Empty: its AE title")),
            Field("character_set", _("Characters"), help=_("DICOM's term, such as ISO_IR 192")),
        ),
        ("room", "modality", "name", "character_set"),
    ),
    "image_manager": Form(
        _("Image managers"),
        _("image manager"),
        (
            Field("ae_title", _("AE title"), help=_("At most 16"), required=True, fixed=True),
            Field("host", _("Host"), help=_("Name or address"), required=True),
            Field("port", _("Port"), Input.NUMBER, required=True),
            Field("forward_performed_steps", _("Is told of performed steps"), Input.BOX),
            Field("forward_availability", _("Is told of images elsewhere"), Input.BOX),
        ),
        ("host", "port", "forward_performed_steps", "forward_availability"),
    ),
    "procedure": Form(
        _("Procedures"),
        _("procedure"),
        (
            _CODE,
            Field("coding_scheme", _("Coding scheme"), help=_("Such as C4 or LN"), required=True),
            _NAME,
            Field("synonyms", _("Also called"), Input.WORDS, _("What people search for")),
            Field("modality", _("Modality"), help=_MODALITY_HELP, required=True),
            Field(
                "body_part", _("Body part"), help=_("DICOM's term, such as CHEST"), required=True
            ),
            Field("minutes", _("In the room"), Input.NUMBER, _MINUTES, required=True),
            Field("turnover_minutes", _("Afterwards"), Input.NUMBER, _MINUTES),
            Field("contrast", _("Contrast"), Input.CHOICE, choices=tuple(Contrast)),
            Field("route", _("Given"), Input.CHOICE, choices=tuple(ContrastRoute)),
            Field("power_injection", _("By power injector"), Input.BOX),
            Field("first_pass_renal", _("First pass to the kidneys"), Input.BOX),
            Field("dose_msv", _("Dose, mSv"), Input.NUMBER),
            Field("ionising", _("Irradiates"), Input.EITHER, _("As the modality says, or chosen")),
            Field("irradiates_pelvis", _("Irradiates abdomen or pelvis"), Input.EITHER),
            Field(
                "bleeding_risk", _("Risk of bleeding"), Input.CHOICE, choices=("", "low", "high")
            ),
            Field(
                "operating_mode",
                _("Operating mode of an MR"),
                Input.CHOICE,
                _("As its sequences are planned, where that is known"),
                choices=("", *OperatingMode),
            ),
            Field("radiopharmaceutical", _("Radiopharmaceutical")),
            Field("sedation", _("Needs sedation"), Input.BOX),
            Field("screening", _("Is a screening exam"), Input.BOX),
            Field("requires", _("Asks of the room"), Input.WORDS, _("Such as wide_bore")),
            Field("reading_group", _("Read by"), help=_("Such as general, neuro, breast")),
            Field("preparation", _("Preparation, as it is read out"), Input.LONG),
            Field(
                "preparation_translations",
                _("Preparation in other languages"),
                Input.LONG,
                _("Such as de: Bitte nüchtern kommen."),
            ),
            Field("phases", _("Phases beside the room"), Input.PHASES),
        ),
        ("name", "modality", "body_part", "minutes", "contrast"),
    ),
    "report_template": Form(
        _("Report templates"),
        _("report template"),
        (
            _CODE,
            _NAME,
            Field("procedures", _("Procedures"), Input.WORDS, _("Codes; none: by what follows")),
            Field("modality", _("Modality"), help=_MODALITY_HELP),
            Field("body_part", _("Body part"), help=_("DICOM's term, such as CHEST")),
            Field(
                "content",
                _("Text"),
                Input.LONG,
                _(
                    "{procedure}, {side}, {reason}, {clinical_information}, {contrast}, {dose} and"
                    " {comparison} are filled in from the exam"
                ),
                required=True,
            ),
        ),
        ("name", "modality", "body_part"),
    ),
    "holiday": Form(
        _("Public holidays"),
        _("public holiday"),
        (
            Field("site", _("Site"), Input.SITE, required=True, fixed=True),
            Field("day", _("Day"), Input.DAY, required=True, fixed=True),
            _NAME,
        ),
        ("site", "day", "name"),
    ),
}
