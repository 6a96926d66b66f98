"""tap.py prints test results as the lines that tools/run-tests.py counts (TAP), each as soon as it is known."""
import sys

SKIPPED_WHOLLY = 77


class Tap:
    def __init__(self):
        self.count = self.failed = self.skipped = 0

    def _line(self, word, name, rest=''):
        self.count += 1
        print(f'{word} {self.count} - {name}{rest}', flush=True)

    def passed(self, name):
        self._line('ok', name)

    def fail(self, name, why):
        self.failed += 1
        self._line('not ok', name)
        for line in str(why).splitlines():
            print(f'    {line}', flush=True)

    def skip(self, name, why):
        self.skipped += 1
        self._line('ok', name, f' # SKIP {why}')

    def result(self, name, fault):
        """A test with a fault (None: none)."""
        if fault is None:
            self.passed(name)
        else:
            self.fail(name, fault)

    def done(self):
        print(f'1..{self.count}')
        if self.failed:
            sys.exit(1)
        if self.count == self.skipped:
            sys.exit(SKIPPED_WHOLLY)
        sys.exit(0)


def skip_all(why):
    print(f'1..0 # SKIP {why}')
    print(why)
    sys.exit(SKIPPED_WHOLLY)
