"""login - the token endpoint: client secret, client certificate, workload identity

An assertion is really verified: its header, its claims, and its signature (PS256) with the
openssl program and the certificate of the scenario.  Nothing public describes this door for
oav, so its traffic is kept apart from what is judged.
"""
import base64
import hashlib
import json
import os
import re
import secrets
import subprocess
import tempfile
import time

import server
import world

PATH = re.compile(r"^/([^/]+)/oauth2/v2\.0/token$")
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_LIFE_S = 24 * 3600
CLOCK_SKEW_S = 300


class Denied(Exception):
    def __init__(self, status, error, code, message):
        super().__init__(message)
        self.status, self.error, self.code, self.message = status, error, code, message


def unpack(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def thumbprint(certificate):
    """x5t#S256: SHA-256 of the certificate's DER."""
    der = subprocess.run(("openssl", "x509", "-in", certificate, "-outform", "DER"), check=True,
                         capture_output=True).stdout
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def signature_is_good(certificate, signed, signature):
    with tempfile.TemporaryDirectory() as folder:
        key, mark = os.path.join(folder, "key"), os.path.join(folder, "signature")
        public = subprocess.run(("openssl", "x509", "-in", certificate, "-noout", "-pubkey"),
                                check=True, capture_output=True).stdout
        with open(key, "wb") as out:
            out.write(public)
        with open(mark, "wb") as out:
            out.write(signature)
        return subprocess.run(
            ("openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss",
             "-sigopt", "rsa_pss_saltlen:digest", "-verify", key, "-signature", mark),
            input=signed, capture_output=True).returncode == 0


def read_jwt(text):
    """(header, claims, what is signed, signature), or Denied."""
    try:
        head, claims, mark = text.split(".")
        return (json.loads(unpack(head)), json.loads(unpack(claims)),
                ("%s.%s" % (head, claims)).encode(), unpack(mark))
    except ValueError:
        raise Denied(401, "invalid_client", 50027, "JWT token is invalid or malformed.") from None


class Login:
    name = "login"
    official_host = "login.microsoftonline.com"

    def __init__(self, azure):
        self.azure = azure

    def count_fault(self, request):
        self.azure.calls["login fault"] += 1

    def answer(self, request):
        self.azure.calls["login"] += 1
        try:
            body = self.token(request)
            answer = server.Answer(200, body, {"Cache-Control": "no-store", "Pragma": "no-cache"})
        except Denied as why:
            self.azure.note("denied", code=why.code)
            answer = server.Answer(why.status, {
                "error": why.error,
                "error_description": "AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s" % (
                    why.code, why.message, world.new_id(), world.new_id(),
                    time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())),
                "error_codes": [why.code], "trace_id": world.new_id(),
                "correlation_id": world.new_id()})
        answer.room = "undescribed"
        return answer

    def token(self, request):
        found = PATH.match(request.path)
        if not found or request.method != "POST":
            raise Denied(404, "invalid_request", 90100, "There is no such endpoint.")
        form = request.body if isinstance(request.body, dict) else {}
        for word in ("client_secret", "client_assertion"):
            self.azure.tape.secret(form.get(word))
        if found[1].lower() not in (self.azure.tenant.lower(), "organizations"):
            raise Denied(400, "invalid_request", 90002,
                         "Tenant '%s' not found. Check to make sure you have the correct tenant "
                         "ID and are signing into the correct cloud." % found[1])
        for word in ("grant_type", "client_id", "scope"):
            if not form.get(word):
                raise Denied(400, "invalid_request", 900144,
                             "The request body must contain the following parameter: '%s'." % word)
        if form["grant_type"] != "client_credentials":
            raise Denied(400, "unsupported_grant_type", 70003, "The app requested an unsupported "
                                                               "grant type.")
        if not form["scope"].endswith("/.default"):
            raise Denied(400, "invalid_scope", 1002012,
                         "The provided value for scope %s is not valid. Client credential flows "
                         "must have a scope value with /.default suffixed to the resource "
                         "identifier." % form["scope"])
        self.prove(form, self.application(form["client_id"]), request)
        return self.grant(form["scope"][:-len("/.default")])

    def application(self, client):
        for one in self.azure.scenario.get("applications", []):
            if one["clientId"].lower() == client.lower():
                return one
        raise Denied(400, "unauthorized_client", 700016,
                     "Application with identifier '%s' was not found in the directory '%s'." % (
                         client, self.azure.tenant))

    def prove(self, form, application, request):
        if "client_assertion" in form:
            if form.get("client_assertion_type") != JWT_BEARER:
                raise Denied(400, "invalid_request", 900144, "The request body must contain the "
                             "following parameter: 'client_assertion_type'.")
            if "federated" in application:
                return self.prove_federated(form["client_assertion"], application)
            return self.prove_certificate(form["client_assertion"], application, request)
        if not form.get("client_secret"):
            raise Denied(401, "invalid_client", 7000218, "The request body must contain the "
                         "following parameter: 'client_assertion' or 'client_secret'.")
        if form["client_secret"] != application.get("secret"):
            raise Denied(401, "invalid_client", 7000215,
                         "Invalid client secret provided. Ensure the secret being sent in the "
                         "request is the client secret value, not the client secret ID, for a "
                         "secret added to app '%s'." % application["clientId"])

    def prove_federated(self, assertion, application):
        """The scenario names the token, or the file where it is by now."""
        good = application["federated"]
        if os.path.isabs(good):
            with open(good) as text:
                good = text.read().strip()
        if assertion != good:
            raise Denied(401, "invalid_client", 70021,
                         "No matching federated identity record found for presented assertion.")

    def prove_certificate(self, assertion, application, request):
        head, claims, signed, mark = read_jwt(assertion)
        certificate = application.get("certificate")
        if not certificate or head.get("x5t#S256") != thumbprint(certificate):
            raise Denied(401, "invalid_client", 700027,
                         "Client assertion failed signature validation. The certificate with "
                         "identifier used to sign the client assertion is not registered on "
                         "application.")
        if head.get("alg") != "PS256" or head.get("typ") != "JWT" or not signature_is_good(
                certificate, signed, mark):
            raise Denied(401, "invalid_client", 700027,
                         "Client assertion failed signature validation.")
        self.check_claims(claims, application, request)

    def check_claims(self, claims, application, request):
        now = time.time()
        client, here = application["clientId"], "https://%s%s" % (request.host, request.path)
        if claims.get("aud") != here:
            raise Denied(401, "invalid_client", 700023,
                         "Client assertion audience claim does not match Realm issuer. Expected "
                         "%s." % here)
        if not claims.get("iss") == claims.get("sub") == client:
            raise Denied(401, "invalid_client", 700021,
                         "Client assertion application identifier doesn't match 'client_id' "
                         "parameter.")
        begins, ends = claims.get("nbf", 0), claims.get("exp", 0)
        if not (begins <= now + CLOCK_SKEW_S and now < ends <= now + MAX_LIFE_S):
            raise Denied(401, "invalid_client", 700024,
                         "Client assertion is not within its valid time range.")
        jti = claims.get("jti")
        if not jti or jti in self.azure.assertions:
            raise Denied(401, "invalid_client", 700025, "Client assertion has no jti of its own.")
        self.azure.assertions[jti] = ends

    def grant(self, audience):
        return {"token_type": "Bearer", "expires_in": self.azure.token_seconds,
                "ext_expires_in": self.azure.token_seconds,
                "access_token": new_token(self.azure, audience)}


def new_token(azure, audience):
    """Opaque, as tokens are to those who carry them; like Azure's in form and length."""
    bearer = "eyJ0eXAi%s.%s.%s" % (secrets.token_urlsafe(60), secrets.token_urlsafe(600),
                                   secrets.token_urlsafe(250))
    azure.add_token(bearer, audience, azure.token_seconds)
    azure.note("token", audience=audience)
    return bearer
