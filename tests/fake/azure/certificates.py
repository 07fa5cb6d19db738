"""certificates - a CA of this run, and a server certificate for loopback and Azure's names

Azure's own host names are in it, so that each cloud can be asked by its name through proxy.py.
"""
import os
import ssl
import subprocess

NAMES = (
    "localhost",
    "management.azure.com", "login.microsoftonline.com",
    "management.usgovcloudapi.net", "login.microsoftonline.us",
    "management.chinacloudapi.cn", "login.chinacloudapi.cn",
)


def openssl(folder, *words):
    subprocess.run(("openssl",) + words, cwd=folder, check=True, capture_output=True)


def make(folder):
    names = ",".join(["IP:127.0.0.1"] + ["DNS:" + name for name in NAMES])
    with open(os.path.join(folder, "server.ext"), "w") as out:
        out.write(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, "req", "-x509", *curve, "-days", "2", "-subj", "/CN=fake-azure CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", "ca.key", "-out", "ca.pem")
    openssl(folder, "req", *curve, "-subj", "/CN=fake-azure",
            "-keyout", "server.key", "-out", "server.csr")
    openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "server.ext", "-out", "server.pem")


def context(folder):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    return tls
