# Sourced by the scripts beside it: calls to the REST API of the auth service (GET /docs there describes it).
# Expects MUXGATE_URL, and MUXGATE_ADMIN_TOKEN or MUXGATE_ADMIN_TOKEN_FILE.

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

for program in curl jq; do
  command -v "$program" >/dev/null || die "needs $program" 2
done

# The header of the admin token, by way of a file descriptor: arguments would show in ps.
authorization() {
  local token=${MUXGATE_ADMIN_TOKEN:-}
  if [[ -z $token && -n ${MUXGATE_ADMIN_TOKEN_FILE:-} ]]; then token=$(<"$MUXGATE_ADMIN_TOKEN_FILE"); fi
  printf 'authorization: Bearer %s\n' "$token"
}

# api METHOD PATH [BODY]: the answer on stdout. A refusal is told in the server's words and ends the script.
api() {
  local method=$1 path=$2 answer status
  local -a content=()
  # by way of stdin too: a body may hold what ps should not show
  if [[ $# -ge 3 ]]; then content=(-H 'content-type: application/json' --data-binary @-); fi
  answer=$(printf '%s' "${3:-}" | curl -sS --max-time 60 -X "$method" -H @<(authorization) \
    -H 'accept: application/json' ${content[@]+"${content[@]}"} -w '\n%{http_code}' "${MUXGATE_URL%/}$path") ||
    die "the auth service at $MUXGATE_URL cannot be reached" 3
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  if [[ $status != 2?? ]]; then
    die "$method ${path%%\?*}: $(jq -r '"\(.detail) (\(.code), \(.status))"' <<<"$answer" 2>/dev/null || echo "status $status")"
  fi
  printf '%s' "$answer"
}

# api_list PATH: all items of a list, over its pages, as one JSON array.
api_list() {
  local cursor='' page
  while :; do
    # a command substitution does not inherit -e
    page=$(api GET "$1?limit=1000${cursor:+&cursor=$(uri "$cursor")}") || exit
    printf '%s\n' "$page"
    cursor=$(jq -r '.nextCursor // empty' <<<"$page")
    [[ -n $cursor ]] || break
  done | jq -s 'map(.items[])'
}

# One part of a URL.
uri() {
  jq -rn --arg text "$1" '$text | @uri'
}

# The text above a script that begins with "#  ", for --help.
help_text() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p;}' "$0"
}

require_access() {
  [[ -n ${MUXGATE_URL:-} ]] || die 'set MUXGATE_URL to the auth service' 2
  [[ -n ${MUXGATE_ADMIN_TOKEN:-}${MUXGATE_ADMIN_TOKEN_FILE:-} ]] ||
    die 'set MUXGATE_ADMIN_TOKEN or MUXGATE_ADMIN_TOKEN_FILE' 2
}

# write_key DIRECTORY NAME KEY: a key into a file that only its owner can read, named without what a path could mean.
write_key() {
  local file="$1/${2//[^A-Za-z0-9._@-]/_}.key"
  (umask 077 && printf '%s\n' "$3" >"$file")
  printf '%s' "$file"
}
