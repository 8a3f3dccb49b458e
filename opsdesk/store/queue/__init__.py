"""The desk's side of sync: what waits to be sent, what the server shows beneath it, what came in.

Entity tables hold what the person sees. Where an own change of a field waits, `server_value` holds what the server
shows for it; a pull writes there, and into the entity table everywhere else. When the last waiting change of a field is
answered, and the feed has passed what became of it, the server's value moves up. So an edit made during a pull stays,
and an answer removes exactly the changes that it names.
"""
