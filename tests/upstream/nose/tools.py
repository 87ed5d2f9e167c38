"""`nose.tools` as far as MXNet's tests use it: decorators and unittest's assertions in snake case."""

import functools
import re
import unittest

_case = unittest.TestCase()


def make_decorator(original):
    return functools.wraps(original)


def raises(*exceptions):
    def decorate(test):
        @functools.wraps(test)
        def run(*args, **kwargs):
            try:
                test(*args, **kwargs)
            except exceptions:
                return
            raise AssertionError(f"{test.__name__} raised none of {exceptions}")

        return run

    return decorate


def ok_(expression, message=None):
    _case.assertTrue(expression, message)


def eq_(left, right, message=None):
    _case.assertEqual(left, right, message)


_assertions = {
    re.sub("[A-Z]", lambda capital: "_" + capital.group().lower(), name): getattr(_case, name)
    for name in dir(_case)
    if name.startswith("assert") and "_" not in name
}
globals().update(_assertions)
__all__ = ["make_decorator", "raises", "ok_", "eq_", *_assertions]
