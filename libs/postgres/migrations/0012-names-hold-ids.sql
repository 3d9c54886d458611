-- With the id in it the index tells which timers a namespace has without reading one of them: a page of those that are due within a day
-- read every timer of the namespace before, whose rows are wide.
alter table timer_spec
  drop constraint timer_spec_name,
  add constraint timer_spec_name unique (namespace, key) include (id);
