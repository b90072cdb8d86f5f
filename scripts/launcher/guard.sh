# Runs a program that shall not outlive whoever started it. Usage: sh guard.sh PROGRAM ARGUMENT…, with descriptor 3
# the reading end of a pipe whose other end only the starter holds.
#
# exec makes this shell the program itself, so the pid is the program's. The watcher left behind reads the pipe: when
# the starter ends for whatever reason, kill -9 too, it meets the end of file and ends the program, after 20 s by KILL.
(
  trap '' INT TERM HUP
  read -r _ <&3
  kill -TERM $$ || exit 0
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 1
    kill -0 $$ || exit 0
  done
  kill -KILL $$
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
