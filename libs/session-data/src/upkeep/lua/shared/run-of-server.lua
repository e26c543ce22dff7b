--- Defines `run_of_server`: a text that another run of the server does not have; '' when the server refuses INFO or does not tell.
local info = redis.pcall('INFO', 'server')
local run_of_server = type(info) == 'string' and info:match('run_id:(%x+)') or ''
