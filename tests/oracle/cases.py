"""cases.py is the table of the oracle tests: a probe file, arguments, and the peers that are asked; every peer is one case."""
from peers import CLOSE, RESET, Pause, Peer


class Round:
    """One run of both programs: a probe file, further arguments, named peers."""

    def __init__(self, probes, peers, arguments=()):
        self.probes, self.peers, self.arguments = probes, peers, list(arguments)


def replies(**by_question):
    """replies(ASK=b'...') answers what contains ASK."""
    return [(question.encode(), steps) for question, steps in by_question.items()]


BASIC = {
    'banner then silence': Peer(27001, b'HELLO 2.5 lisa\r\n'),
    'banner in two pieces': Peer(27002, [b'HELLO 2', Pause(0.1), b'.5 lisa\r\n']),
    'banner and close': Peer(27003, [b'HELLO 9 bart\r\n', CLOSE]),
    'request and reply on a listed port': Peer(27004, replies=replies(ASK=b'ANSWER 1.2\r\n')),
    'request and reply on an unlisted port': Peer(27031, replies=replies(ASK=b'ANSWER 1.3\r\n')),
    'reply and close': Peer(27032, replies=replies(ASK=[b'ANSWER 1.4\r\n', CLOSE])),
    'reply matched by the null probe': Peer(27033, replies=replies(ASK=b'ECHO-OF-NULL 17\n')),
    'close at once': Peer(27034, [CLOSE]),
    'reset at once': Peer(27035, [RESET]),
    'close after the first question': Peer(27036, replies=replies(ASK=CLOSE, MAIL=b'250 I am Postman v3\r\n')),
    'reset after the first question': Peer(27037, replies=replies(ASK=RESET, MAIL=b'250 I am Postman v4\r\n')),
    'silent': Peer(27038),
    'excluded': Peer(27039, b'HELLO 2.5 lisa\r\n'),
    'soft match, then hard': Peer(27005, b'220 mx.example MAIL\r\n', replies(MAIL=b'250 I am Postman v2.1\r\n', ASK=b'500 what\r\n')),
    'soft match on an unlisted port': Peer(27041, b'220 mx.example MAIL\r\n', replies(MAIL=b'250 I am Postman v2.1\r\n', ASK=b'500 what\r\n')),
    'soft match only': Peer(27042, b'220 mx.example MAIL\r\n'),
    'soft match, then hard for another service': Peer(27043, b'220 mx.example MAIL\r\n', replies(MAIL=b'251 I am not\r\n')),
    'soft match narrows the questions': Peer(27044, b'220 f.example FILES\r\n', replies(FILES=b'211 System is Plan9\r\n', ASK=b'ANSWER 9\r\n')),
    'soft match by a later question': Peer(27045, replies=replies(ASK=b'PERHAPS 3.3\r\n')),
    'another soft match later': Peer(27046, replies=replies(ASK=b'PERHAPS 3.3\r\n', MAIL=b'220 x.example MAIL\r\n')),
    'banner kept in the buffer': Peer(27006, b'WELCOME\n', replies(ASK=b'DATA 42\n')),
    'banner kept, the reply is not at the start': Peer(27047, b'WELCOME TO ALL\n', replies(ASK=b'ANSWER 1\r\n', MAIL=b'250 I am Kept v1\r\n')),
    'banner not kept after a close': Peer(27048, [b'WELCOME\n', CLOSE], replies(ASK=b'DATA 42\n')),
    'first line wins': Peer(27049, b'BOTH LINES\n'),
    'a name that begins ssl/': Peer(27051, b'SEALED 1.1\n'),
    'fallback to the first': Peer(27052, replies=replies(LEND=b'ANSWER lent\r\n')),
    'fallback to the second': Peer(27053, replies=replies(LEND=b'250 I am Lender v5\r\n')),
    'no fallback without a directive': Peer(27054, replies=replies(MAIL=b'ANSWER not lent\r\n')),
    'fallback ends with the null probe': Peer(27055, replies=replies(LEND=b'ECHO-OF-NULL 3\n')),
    'rarity: asked on a listed port': Peer(27020, replies=replies(LISTED=b'YES LISTED\n')),
    'rarity: not asked elsewhere': Peer(27021, replies=replies(LISTED=b'YES LISTED\n')),
    'rarity above the intensity': Peer(27056, replies=replies(RARE=b'SELDOM\n')),
    'escapes of a question': Peer(27057, replies=[(rb'^\x00\x01\\\r\n\t\x00last$', b'\x00\x027\n')]),
    'odd bytes to every question': Peer(27058, replies=[(rb'.', b'\x7f\x80\x81 odd (bytes) "here"\r\n')]),
    'odd banner': Peer(27059, b'\xff\xfe odd\n'),
    'a partial line is enough': Peer(27060, [b'QUI', Pause(0.15), b'CK AND WHOLE 5']),
    'a dollar that waits for the end': Peer(27061, replies=replies(ASK=[b'WHOLE', Pause(0.1), b'\n'])),
}

FIELDS = {
    'subst': b'SUBST 1_2_3\n',
    'printable': b'PRINT S\0e\0r\0v\0e\0r\0\x01\n',
    'big end': b'BIG\x01\x02',
    'small end': b'SMALL\x01\x02',
    'number too wide': b'WIDE123456789',
    'product of 79': b'LONG ' + b'p' * 79 + b'\n',
    'product of 78': b'LONG ' + b'p' * 78 + b'\n',
    'product of 80': b'LONG ' + b'p' * 80 + b'\n',
    'version of 79': b'LONGV ' + b'v' * 79 + b'\n',
    'version of 80': b'LONGV ' + b'v' * 80 + b'\n',
    'extra information of 254': b'LONGI ' + b'i' * 254 + b'\n',
    'extra information of 256': b'LONGI ' + b'i' * 256 + b'\n',
    'system and device of 30': b'LONGO ' + b'o' * 30 + b'\n',
    'system and device of 32': b'LONGO ' + b'o' * 32 + b'\n',
    'capture beyond the last': b'BEYOND x\n',
    'a tenth capture is the first and a 0': b'TEN x\n',
    'cpe': b'CPE Two Words+1.0:x\n',
    'two cpe of a part': b'CPETWO\n',
    'commas at the end': b'COMMA \n',
    'caseless': b'CASEless Thing\n',
    'dot matches newline': b'DOT\nALL',
    'dot does not': b'NODOT\nALL',
    'high bytes': b'HIGH caf\xc3\xa9\xff\n',
    'nul bytes': b'NUL\0\0END',
    'fields in any order': b'ORDER\n',
    'other delimiters': b'DELIM|abc',
    'a field twice': b'DUPE\n',
    'dollar before the last newline': b'DOLLAR\n',
    'octal in an expression': b'OCT\nten\n',
    'no fields': b'EMPTY\n',
    'blanks between fields': b'BLANKS\n',
    'back reference': b'BACK to to\n',
    'look-around': b'LOOKING 7\n',
    'a capture many times': b'SAME 1.2.3\n',
}

DATAGRAM = {
    'udp: reply': Peer(27101, replies=replies(KNOCK=b'WHO IS THERE me'), proto='udp'),
    'udp: reply to the second question': Peer(27102, replies=replies(HALL=b'HALL OF fame'), proto='udp'),
    'udp: soft, then hard': Peer(27103, replies=replies(KNOCK=b'COME IN', HALL=b'HALL OF mirrors'), proto='udp'),
    'udp: listed port': Peer(27104, replies=replies(LISTED=b'YES'), proto='udp'),
    'udp: fallback': Peer(27105, replies=replies(LEND=b'WHO IS THERE lender'), proto='udp'),
    'udp: no rule matches': Peer(27106, replies=replies(KNOCK=b'odd'), proto='udp'),
    'udp: silent': Peer(27107, proto='udp'),
}

ROUNDS = [
    Round('basic.probes', BASIC),
    Round('fields.probes', {f'field: {name}': Peer(27201 + at, text) for at, (name, text) in enumerate(FIELDS.items())}),
    Round('datagram.probes', DATAGRAM, ['-sU']),
    Round('basic.probes', {
        'intensity 9: all are asked': Peer(27056, replies=replies(RARE=b'SELDOM\n')),
        'intensity 9: a soft match narrows nothing': Peer(27044, b'220 f.example FILES\r\n', replies(ASK=b'ANSWER 9\r\n')),
    }, ['--version-all']),
    Round('basic.probes', {
        'intensity 2: few are asked': Peer(27031, replies=replies(MAIL=b'250 I am Postman v3\r\n')),
        'intensity 2: listed ports all the same': Peer(27020, replies=replies(LISTED=b'YES LISTED\n')),
        'intensity 2: a soft match ignores it': Peer(27044, b'220 f.example FILES\r\n', replies(FILES=b'211 System is Plan9\r\n')),
    }, ['--version-light']),
    Round('basic.probes', {'excluded, but all ports': Peer(27039, b'HELLO 2.5 lisa\r\n')}, ['--allports']),
]
