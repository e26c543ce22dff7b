--- Defines `run_of_server`: a text that identifies this run of the server, from its start to its end; '' when the server refuses INFO
--- or does not tell.
local info = redis.pcall('INFO', 'server')
local run_of_server = type(info) == 'string' and info:match('run_id:(%x+)') or ''
