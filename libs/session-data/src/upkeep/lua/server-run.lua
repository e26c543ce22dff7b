--- Identifies the run of the server that has a partition. This is a script, because a proxy may answer the command INFO itself, or send
--- it to another server.
--- KEYS: meta
--- ARGV: none
--- Answer: the run, or ''
--- From shared/run-of-server.lua: run_of_server

--- include shared/run-of-server.lua
return run_of_server
