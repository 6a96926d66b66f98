-- irc: where IRC is spoken. SPDX-License-Identifier: BSD-2-Clause
local shortport = require "shortport"

return { portrule = shortport.port_or_service({ 6666, 6667, 6697, 6679, 8067 }, { "irc", "ircs", "irc-serv", "ircs-u" }) }
