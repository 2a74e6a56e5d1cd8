"""A small Halden for tests."""

from datetime import date

from billing.demo.book import Book
from billing.demo.simulate import simulate
from billing.history.actors import person

TODAY = date(2026, 11, 18)
PEOPLE = (person(1, "Jude Okafor"), person(2, "Ines Marchetti"), person(3, "Tove Ahlgren"))


def small(seed: int = 1, customers: int = 150) -> Book:
    return simulate(customers=customers, seed=seed, today=TODAY, people=PEOPLE)
