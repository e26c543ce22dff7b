--- Names the run of the server that has a partition. A script asks, as move-watermark.lua does: a proxy may answer INFO itself, or send
--- it to another server.
--- KEYS: meta
--- ARGV: none
--- Answer: the run, or ''
--- From shared/run-of-server.lua: run_of_server

--- include shared/run-of-server.lua
return run_of_server
