"""Tokens of any content: what an issuer, or a forger, could make. HS256 only, with nothing but the standard library."""
import base64
import hashlib
import hmac
import json
import time


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def jwt(claims, key, header=None):
    """`key`: the secret, as text. `header`: other than HS256's."""
    parts = [encode(json.dumps(part).encode()) for part in (header or {"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(key.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return "cell0_" + ".".join([*parts, encode(signature)])


def claims(entity="a1", scopes=(), seconds=3600, **more):
    return {"sub": entity, "exp": time.time() + seconds, "permissions": list(scopes), **more}


def bad_tokens(key):
    """{why: token}, of all that must not be taken."""
    good = jwt(claims(scopes=["*"]), key)
    head, body, signature = good.split(".")
    none = encode(json.dumps({"alg": "none"}).encode())
    return {
        "alg none": f"cell0_{none}.{body}.",
        "alg none, signed": jwt(claims(scopes=["*"]), key, {"alg": "none"}),
        "HS512": jwt(claims(scopes=["*"]), key, {"alg": "HS512"}),
        "no signature": f"{head}.{body}.",
        "wrong key": jwt(claims(scopes=["*"]), key + "x"),
        "expired": jwt(claims(scopes=["*"], seconds=-1), key),
        "not yet valid": jwt(claims(scopes=["*"], nbf=time.time() + 3600), key),
        "no exp": jwt({"sub": "a1", "permissions": ["*"]}, key),
        "no sub": jwt({"exp": time.time() + 60, "permissions": ["*"]}, key),
        "mistyped permissions": jwt({"sub": "a1", "exp": time.time() + 60, "permissions": "*"}, key),
        "foreign": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4IiwiZXhwIjo0MTAyNDQ0ODAwfQ.AAAA",
        "nonsense": "cell0_nonsense",
        "oversize": "cell0_" + "a" * 9000,
    }
