-- Timers whose last event was given up, of which there are few. Quotes within payloads are escaped, so these characters stand where the
-- field of that name does. Only a give-up and what follows it write the index; every other write pays for the comparison.
create index timer_state_given_up on timer_state (id) where extra like '%"givenUp":{%';
