"""descry_run.py runs descry or nmap and reads what they report (XML) as plain records."""
import dataclasses
import subprocess
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Service:
    state: str = ''
    name: str = ''
    product: str = ''
    version: str = ''
    extrainfo: str = ''
    hostname: str = ''
    ostype: str = ''
    devicetype: str = ''
    tunnel: str = ''
    method: str = ''
    conf: str = ''
    cpe: tuple = ()

    def __str__(self):
        said = [f'{k}={v!r}' for k, v in dataclasses.asdict(self).items() if v]
        return ' '.join(said) or '(nothing)'


FIELDS = ('name', 'product', 'version', 'extrainfo', 'hostname', 'ostype', 'devicetype', 'tunnel', 'method', 'conf')


def read_xml(text):
    """{(proto, port): Service} of all hosts' ports."""
    found = {}
    for port in ElementTree.fromstring(text).iter('port'):
        service = Service(state=port.find('state').get('state'))
        said = port.find('service')
        if said is not None:
            for field in FIELDS:
                setattr(service, field, said.get(field) or '')
            service.cpe = tuple(cpe.text for cpe in said.findall('cpe'))
        found[port.get('protocol'), int(port.get('portid'))] = service
    return found


class Failed(Exception):
    pass


def scan(command, timeout):
    """Runs a scanner that writes XML to its standard output; returns its ports, and what it wrote to its standard error."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired as late:
        raise Failed(f'{" ".join(command)}: not done after {timeout} s') from late
    err = done.stderr.decode('utf-8', 'replace')
    if done.returncode:
        raise Failed(f'{" ".join(command)}: exit code {done.returncode}\n{err}')
    try:
        return read_xml(done.stdout), err
    except ElementTree.ParseError as bad:
        raise Failed(f'{" ".join(command)}: XML that cannot be read ({bad}):\n{done.stdout[:2000].decode("utf-8", "replace")}') from bad
