"""SCRAM against the examples of RFC 7677 (SHA-256) and a server of our own making."""

import pytest

from rpk.client.scram import Scram, ScramError, plain

NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_rfc_7677_example():
    exchange = Scram("SCRAM-SHA-256", "user", "pencil", NONCE)
    assert exchange.first() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert exchange.final(SERVER_FIRST) == CLIENT_FINAL
    exchange.verify(SERVER_FINAL)


def test_a_server_that_does_not_know_the_password():
    exchange = Scram("SCRAM-SHA-256", "user", "pencil", NONCE)
    exchange.final(SERVER_FIRST)
    with pytest.raises(ScramError, match="signature"):
        exchange.verify(b"v=" + b"A" * 43 + b"=")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"e=other-error",
        b"r=somebody,s=c2FsdA==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=c2FsdA==,i=1",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=c2FsdA==,i=999999999",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096",
        b"\xff\xfe",
    ],
)
def test_first_answers_that_are_refused(answer):
    with pytest.raises(ScramError):
        Scram("SCRAM-SHA-512", "user", "pencil", NONCE).final(answer)


def test_names_are_escaped():
    assert b"n=a=3Db=2Cc," in Scram("SCRAM-SHA-256", "a=b,c", "p", NONCE).first()


def test_plain():
    assert plain("user", "pass") == b"\0user\0pass"
