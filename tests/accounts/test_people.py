from accounts.models import User
from tests.factories import UserFactory


def test_an_address_names_its_person_however_it_is_spelled(db):
    dana = UserFactory(email=" Dana@Acme.Example")

    assert dana.email == "dana@acme.example"
    assert User.objects.get_by_natural_key("DANA@acme.example") == dana
