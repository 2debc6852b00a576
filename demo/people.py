"""Who is in the demo, and in which accounts."""

from dataclasses import dataclass

from accounts.models import Role

STAFF_ROLE = "staff"
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/142.0",
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """`places` are (organisation, account, role); the first one is their home."""

    email: str
    name: str
    places: tuple = ()
    suspended: bool = False

    @property
    def role(self):
        return self.places[0][2] if self.places else STAFF_ROLE

    @property
    def home(self):
        return self.places[0][1] if self.places else "all organisations"


ACME = "Acme"
GLOBEX = "Globex"
INITECH = "Initech"
MAIN = "Acme Production"

# Who is invited, has not answered, and is nobody here yet; a person has no name either.
INVITED = "kim@acme.test"
STAFF = DemoPerson("staff@tollgate.test", "Sam Staff")
PEOPLE = (
    DemoPerson("dana@acme.test", "Dana Whitfield", ((ACME, MAIN, Role.ADMIN),)),
    DemoPerson("omar@acme.test", "Omar Haddad", ((ACME, MAIN, Role.USER),)),
    DemoPerson("rita@acme.test", "Rita Lindqvist", ((ACME, MAIN, Role.READ_ONLY),)),
    DemoPerson("sofia@acme.test", "Sofia Marques", ((ACME, MAIN, Role.ADMIN),)),
    DemoPerson(
        "lee@acme.test",
        "Lee Park",
        (
            (ACME, "Staging", Role.ADMIN),
            (ACME, "Development", Role.ADMIN),
            (ACME, "Load tests", Role.ADMIN),
        ),
    ),
    DemoPerson(
        "ines@acme.test",
        "Inés Ortega",
        ((ACME, "Payments", Role.ADMIN), (ACME, "Checkout", Role.USER)),
    ),
    DemoPerson(
        "noam@acme.test",
        "נועם לוי",
        ((ACME, "Human resources", Role.ADMIN), (ACME, "Legal archive", Role.ADMIN)),
    ),
    DemoPerson(
        "tomas@acme.test",
        "Tomas Novak",
        ((ACME, "Web shop", Role.READ_ONLY), (ACME, "Mobile apps", Role.USER)),
    ),
    DemoPerson(
        "yuki@acme.test",
        "Yuki Tanaka",
        ((ACME, "Data platform", Role.USER),),
        suspended=True,
    ),
    DemoPerson("hank@globex.test", "Hank Scorpio", ((GLOBEX, GLOBEX, Role.ADMIN),)),
    DemoPerson(
        "mindy@globex.test", "Mindy Simmons", ((GLOBEX, GLOBEX, Role.READ_ONLY),)
    ),
    DemoPerson(
        "bill@initech.test",
        "Bill Lumbergh",
        ((INITECH, INITECH, Role.ADMIN), (GLOBEX, GLOBEX, Role.USER)),
    ),
    DemoPerson("peter@initech.test", "Peter Gibbons", ((INITECH, INITECH, Role.USER),)),
    STAFF,
)
