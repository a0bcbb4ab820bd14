"""Keys of other issuers, by configuration; and who may listen beyond loopback."""
import pytest

from cell0_test.tokens import claims, jwt

SECRET = "another-issuer's/secret+of-40-characters!"


def configuration(fabric, secret=SECRET, mode=0o600, algorithm="HS256", more=""):
    key = fabric.directory / "issuer.key"
    key.write_text(secret, encoding="ascii")
    key.chmod(mode)
    file = fabric.directory / "gateway.toml"
    file.write_text(f'[[gateway.auth.key]]\nalgorithm = "{algorithm}"\nfile = "{key}"\nkid = "k1"\n{more}', encoding="ascii")
    return file


def status(fabric, token):
    return fabric.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status


def test_an_issuer_s_tokens_are_taken_by_its_key_and_kid(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    fabric.start_gateway(config=configuration(fabric))

    def signed(secret, **header):
        return jwt(claims("a1", ["publish:>"]), secret, {"alg": "HS256", **header})

    own = (fabric.state_dir / "signing.key").read_text(encoding="ascii").strip()
    assert status(fabric, signed(SECRET, kid="k1")) == 200
    assert status(fabric, signed(SECRET, kid="k1").removeprefix("cell0_")) == 200
    assert status(fabric, signed(own)) == 200
    for wrong in (signed(SECRET), signed(SECRET, kid="k2"), signed(SECRET + "x", kid="k1"),
                  signed(SECRET, kid="k1", crit=["exp"]), signed(SECRET, kid=1)):
        assert status(fabric, wrong) == 401
    found, output = fabric.run("cell0", "--config", fabric.directory / "gateway.toml", "token", "check", "--offline",
                               signed(SECRET, kid="k1"))
    assert found == 0 and '"entity_id":"a1"' in output


@pytest.mark.parametrize("wrong, word", [
    (dict(secret="short"), "at least 32 characters"),
    (dict(mode=0o644), "must be 0600"),
    (dict(algorithm="RS256"), "no public key"),
    (dict(algorithm="ES256", secret="-----BEGIN PUBLIC KEY-----\n"), "no public key"),
    (dict(algorithm="none"), "one of"),
    (dict(more="[[gateway.auth.key]]\nkid = 'x'\n"), "file: missing"),
    (dict(more="[gateway.auth]\nanonymous_scopes = ['read']\n"), "a scope like"),
])
def test_what_is_no_key_is_said_at_the_start(empty_fabric, wrong, word):
    gateway = empty_fabric.start_gateway(wait=False, config=configuration(empty_fabric, **wrong))
    assert gateway.wait() == 2 and word in gateway.log()
    empty_fabric.processes.remove(gateway)


def test_beyond_loopback_anonymous_clients_must_be_meant_or_may_nothing(empty_fabric):
    fabric = empty_fabric
    fabric.start_broker()
    refused = fabric.start_gateway(wait=False, gateway__listen__hosts="0.0.0.0")
    assert refused.wait() == 2 and "allow_anonymous" in refused.log()
    fabric.processes.remove(refused)
    fabric.start_gateway(gateway__listen__hosts="0.0.0.0", gateway__auth__anonymous_scopes=[])
    assert fabric.get("/api/v1/events").status == 401
    assert fabric.get("/api/v1/events", headers={"Authorization": f"Bearer {fabric.admin_token}"}).status == 200
