#!/usr/bin/env bash
# rotate-keys.sh: gives clients new keys before the old ones grow old.
#
#   rotate-keys.sh --out DIRECTORY [options]
#
#   --out DIRECTORY         where the new keys go, one file a client, mode 0600; made if need be
#   --team NAME             only keys of this team
#   --older-than-days N     only keys that are at least so old (90)
#   --overlap-hours N       how long the old key is valid beside the new one (24)
#   --dry-run               say which keys it would be, change nothing
#
# Disabled and expired keys are left alone, and so are those of the configuration file, which are changed there. Needs
# curl and jq, MUXGATE_URL and MUXGATE_ADMIN_TOKEN or MUXGATE_ADMIN_TOKEN_FILE (role operator).
set -euo pipefail
# shellcheck source=api.sh
source "$(dirname "${BASH_SOURCE[0]}")/api.sh"

out='' team='' older=90 overlap=24 dry_run=''
while [[ $# -gt 0 ]]; do
  case $1 in
  -h | --help) help_text && exit 0 ;;
  --dry-run) dry_run=1 && shift && continue ;;
  esac
  [[ $# -ge 2 ]] || die "$1 needs a value, or is no option; see --help" 2
  case $1 in
  --out) out=$2 ;;
  --team) team=$2 ;;
  --older-than-days) older=$2 ;;
  --overlap-hours) overlap=$2 ;;
  *) die "no option $1; see --help" 2 ;;
  esac
  shift 2
done
[[ -n $out || -n $dry_run ]] || die 'needs --out, or --dry-run; see --help' 2
[[ $older =~ ^[0-9]+$ && $overlap =~ ^[0-9]+$ ]] || die 'days and hours are whole numbers' 2
require_access

# fromdate takes no fractions of a second
due=$(api_list /api/keys | jq -c --arg team "$team" --argjson seconds $((older * 86400)) '
  def seconds: sub("\\.[0-9]+"; "") | fromdate;
  .[]
  | select(.source != "file" and .disabled != true and .createdAt != null)
  | select($team == "" or .team == $team)
  | select(.expiresAt == null or (.expiresAt | seconds) > now)
  | select(now - ((.rotatedAt // .createdAt) | seconds) >= $seconds)')
if [[ -z $due ]]; then
  echo 'No key is due.'
  exit 0
fi
[[ -n $dry_run ]] || mkdir -p "$out"
while IFS= read -r key; do
  id=$(jq -r .id <<<"$key")
  name=$(jq -r .name <<<"$key")
  if [[ -n $dry_run ]]; then
    printf '%s  %s  since %s\n' "$id" "$name" "$(jq -r '.rotatedAt // .createdAt' <<<"$key")"
    continue
  fi
  rotated=$(api POST "/api/keys/$(uri "$id")/rotate" "{\"overlapSeconds\":$((overlap * 3600))}")
  printf '%s  %s  %s\n' "$id" "$name" "$(write_key "$out" "$name-$id" "$(jq -r .key <<<"$rotated")")"
done <<<"$due"
