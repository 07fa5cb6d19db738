"""recorder - every exchange as a file that oav validate-traffic reads; and the run's secrets

An exchange of ARM or the metadata service becomes DIR/NNNNNN.json under Azure's own host name.
What a fault has made of an answer on purpose (cut, garbage, too large) goes to DIR/broken,
what no official description knows (login, cloud metadata, Impact) to DIR/undescribed.

Authorization is the only place where a secret may be in there: what a body carries by design
(access_token, client_secret, client_assertion, protectedSettings) is written as a placeholder,
anything else as it came, so that a secret in a wrong place is found there.
"""
import itertools
import json
import os
import threading

BY_DESIGN = ("access_token", "client_secret", "client_assertion", "refresh_token",
             "protectedSettings")
PLACEHOLDER = "(secret)"


def without_secrets(value):
    """A copy of JSON in which what is secret by design is a placeholder of the same type."""
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: (({} if isinstance(item, dict) else PLACEHOLDER)
              if key in BY_DESIGN else without_secrets(item))
        for key, item in value.items()
    }


class Recorder:
    def __init__(self, folder, secrets):
        self.folder = folder
        self.secrets = secrets
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    def secret(self, text):
        """One more that must not appear anywhere."""
        if self.secrets and text:
            with self.lock, open(self.secrets, "a") as out:
                out.write(text + "\n")

    def exchange(self, request, answer, room=""):
        if not self.folder:
            return
        record = {
            "liveRequest": {
                "headers": request.headers,
                "method": request.method,
                "url": "https://" + request.official_host + request.target,
                "query": request.query,
                "body": without_secrets(request.body),
            },
            "liveResponse": {
                "statusCode": str(answer.status),
                "headers": {name: ",".join(value) if isinstance(value, list) else value
                            for name, value in answer.headers.items()},
                "body": without_secrets(answer.body),
            },
        }
        for half in record.values():  # to oav, null is a body
            if half["body"] is None:
                del half["body"]
        folder = os.path.join(self.folder, room)
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "%06d.json" % next(self.numbers))
        with open(path + ".new", "w") as out:
            json.dump(record, out, indent=1)
        os.rename(path + ".new", path)
