-- helper: the frame of the classes that scripts of the field use as a protocol's "Helper". SPDX-License-Identifier: BSD-2-Clause
local stream = require "stream"

local M = {}

--- A class whose objects have host, port and opts, a connection (self.stream) from connect on, and close it.
function M.class()
  local Helper = {}
  Helper.__index = Helper

  --- Options are those of comm.
  function Helper:new(host, port, options)
    return setmetatable({ host = host, port = port, opts = options }, self)
  end

  --- Connects, on a socket of the caller's if one is given: true; false and why.
  function Helper:connect(socket)
    local why
    if socket then
      local ok
      ok, why = socket:connect(self.host, self.port)
      self.stream = ok and stream.of(socket) or nil
    else
      self.stream, why = stream.open(self.host, self.port, self.opts)
    end
    return self.stream ~= nil, why
  end

  function Helper:close()
    if self.stream then
      self.stream:close()
    end
    self.stream = nil
    return true
  end

  return Helper
end

return M
