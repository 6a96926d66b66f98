"""descry_run.py runs descry or nmap and reads what they report as plain records."""
import dataclasses
import json
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
    tls: dict = dataclasses.field(default_factory=dict)  # JSON's
    starttls: str = ''     # the subject of the certificate that STARTTLS led to (JSON only)

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


JSON_FIELDS = {'name': 'name', 'product': 'product', 'version': 'version', 'info': 'extrainfo', 'hostname': 'hostname', 'os': 'ostype', 'device': 'devicetype',
               'tunnel': 'tunnel', 'method': 'method', 'conf': 'conf'}


def read_json(text):
    """The same of -oJ: an object a line and host. The tunnel is named as JSON does (tls)."""
    found = {}
    for line in text.splitlines():
        for port in json.loads(line)['ports']:
            said = port.get('service') or {}
            service = Service(state=port['state'], cpe=tuple(said.get('cpe', ())))
            for theirs, ours in JSON_FIELDS.items():
                setattr(service, ours, str(said.get(theirs) or ''))
            tls = service.tls = port.get('tls') or {}
            service.starttls = tls.get('certificate', {}).get('subject', '') if tls.get('starttls') else ''
            found[port['proto'], port['port']] = service
    return found


class Failed(Exception):
    pass


def scan_json(command, timeout):
    """Runs a scan that writes JSON to its standard output; returns its ports."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired as late:
        raise Failed(f'{" ".join(command)}: not done after {timeout} s') from late
    if done.returncode:
        raise Failed(f'{" ".join(command)}: exit code {done.returncode}\n{done.stderr.decode("utf-8", "replace")}')
    try:
        return read_json(done.stdout.decode())
    except (ValueError, KeyError, TypeError) as bad:
        raise Failed(f'{" ".join(command)}: JSON that cannot be read ({bad!r}):\n{done.stdout[:2000].decode("utf-8", "replace")}') from bad
