#!/usr/bin/env bash
# onboard-team.sh: gives a team its limits and every member a client key.
#
#   onboard-team.sh --team NAME --members FILE --out DIRECTORY [options]
#
#   --team NAME             the team; created, or changed where it exists
#   --members FILE          one person a line (name or e-mail address); - for stdin; # begins a comment
#   --out DIRECTORY         where the keys go, one file a person, mode 0600; made if need be
#   --model PATTERN         a model the team may ask for, such as 'claude-*'; may be repeated
#   --rpm N, --tpm N        requests and tokens a minute, for the team together
#   --budget USD            what the team may spend in a month
#   --expires-days N        how long the keys are valid
#
# Run it again whenever people have joined: who has a key in the team keeps it, unless it has expired. Needs curl
# and jq, MUXGATE_URL and MUXGATE_ADMIN_TOKEN or MUXGATE_ADMIN_TOKEN_FILE (role operator).
set -euo pipefail
# shellcheck source=api.sh
source "$(dirname "${BASH_SOURCE[0]}")/api.sh"

team='' members='' out='' models='[]' rpm='' tpm='' budget='' days=''
while [[ $# -gt 0 ]]; do
  case $1 in
  -h | --help) help_text && exit 0 ;;
  esac
  [[ $# -ge 2 ]] || die "$1 needs a value, or is no option; see --help" 2
  case $1 in
  --team) team=$2 ;;
  --members) members=$2 ;;
  --out) out=$2 ;;
  --model) models=$(jq --arg model "$2" '. + [$model]' <<<"$models") ;;
  --rpm) rpm=$2 ;;
  --tpm) tpm=$2 ;;
  --budget) budget=$2 ;;
  --expires-days) days=$2 ;;
  *) die "no option $1; see --help" 2 ;;
  esac
  shift 2
done
[[ -n $team && -n $members && -n $out ]] || die 'needs --team, --members and --out; see --help' 2
for number in "$rpm" "$tpm" "$budget" "$days"; do
  [[ $number =~ ^([0-9]+(\.[0-9]+)?)?$ ]] || die "\"$number\" is no number" 2
done
require_access

people=$(sed -e 's/#.*//' -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' "${members/#-/\/dev\/stdin}" |
  awk '!seen[$0]++')
[[ -n $people ]] || die 'nobody is in the list of members' 2

settings=$(jq -n --argjson models "$models" --arg rpm "$rpm" --arg tpm "$tpm" --arg budget "$budget" '
  def given: with_entries(select(.value != null and .value != {} and .value != []));
  def number: if . == "" then null else tonumber end;
  { models: $models,
    limits: ({requestsPerMinute: ($rpm | number), tokensPerMinute: ($tpm | number)} | given),
    budget: (if $budget == "" then null else {usd: ($budget | number), period: "month"} end)
  } | given')
known=$(api_list /api/teams | jq --arg team "$team" 'any(.[]; .name == $team)')
if [[ $known == true ]]; then
  # what was not given stays as it is
  [[ $settings == '{}' ]] || api PATCH "/api/teams/$(uri "$team")" "$settings" >/dev/null
else
  api PUT "/api/teams/$(uri "$team")" "$settings" >/dev/null
fi

mkdir -p "$out"
# fromdate takes no fractions of a second
keys=$(api_list /api/keys | jq 'map(select(.expiresAt == null or (.expiresAt | sub("\\.[0-9]+"; "") | fromdate) > now))')
while IFS= read -r person; do
  if jq -e --arg team "$team" --arg owner "$person" \
    'any(.[]; .team == $team and .owner == $owner)' <<<"$keys" >/dev/null; then
    printf '%-32s has a key already\n' "$person"
    continue
  fi
  body=$(jq -n --arg owner "$person" --arg team "$team" --arg days "$days" '
    { name: "\($team)-\($owner)"[:128], owner: $owner, team: $team }
    + (if $days == "" then {} else {expiresAt: (now + ($days | tonumber) * 86400 | todate)} end)')
  created=$(api POST /api/keys "$body")
  id=$(jq -r .id <<<"$created")
  name=$person
  # what a file name cannot hold may be all that tells two people apart
  [[ $person =~ ^[A-Za-z0-9._@-]+$ ]] || name="$person-$id"
  file=$(write_key "$out" "$name" "$(jq -r .key <<<"$created")")
  printf '%-32s %s  %s\n' "$person" "$id" "$file"
done <<<"$people"
