#!/bin/sh
# Verifies this release with sha256sum and gpg: the signature, every digest, no
# file missing, none extra. `vapchart verify` does more: it makes everything
# again and compares.
#
#   sh verify.sh          the key is in your own keyring
#   sh verify.sh KEYS     the key is in the file KEYS, as gpg --export writes it
#   sh verify.sh --unsigned    digests only
#
# Exit codes: 0 all is well, 1 it could not be found out, 2 usage, 3 it is not.
set -u
LC_ALL=C
export LC_ALL

fail() { # code, what, hint
	echo "error: $2" >&2
	[ -z "${3-}" ] || echo "hint: $3" >&2
	exit "$1"
}

[ $# -le 1 ] || fail 2 "too many arguments" "sh verify.sh [KEYS | --unsigned]"
keys=${1-}
case $keys in
--unsigned | "") ;;
-*) fail 2 "there is no option $keys" "sh verify.sh [KEYS | --unsigned]" ;;
/*) ;;
*) keys=$PWD/$keys ;;
esac
case $keys in
--unsigned | "") ;;
*) [ -r "$keys" ] || fail 1 "no keys can be read at $keys" ;;
esac

here=$(dirname -- "$0") || exit 1
cd -- "$here" || exit 1
[ -f SHA256SUMS ] || fail 3 "SHA256SUMS: it is missing"
command -v sha256sum >/dev/null || fail 1 "no sha256sum on the PATH"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# check FILE... lets gpg verify a signature.
check() {
	if [ -n "$keys" ]; then
		gpg --homedir "$work/home" --batch --quiet --trust-model always --verify "$@" 2>"$work/said"
	else
		gpg --batch --verify "$@" 2>"$work/said"
	fi || {
		cat "$work/said" >&2
		fail 3 "$1: the signature is not good" "is this the key of whoever publishes the release?"
	}
	sed -n 's/^gpg: \(Good signature .*\)/'"$1"': \1/p' "$work/said"
}

if [ "$keys" = --unsigned ]; then
	echo "note: signatures are not looked at" >&2
elif [ ! -f SHA256SUMS.asc ]; then
	fail 3 "the release is not signed" "sh verify.sh --unsigned looks at the digests only"
else
	command -v gpg >/dev/null || fail 1 "no gpg on the PATH" "sh verify.sh --unsigned looks at the digests only"
	if [ -n "$keys" ]; then
		mkdir -m 700 "$work/home" || exit 1
		gpg --homedir "$work/home" --batch --quiet --import "$keys" 2>"$work/said" || {
			cat "$work/said" >&2
			fail 1 "gpg cannot read $keys"
		}
	fi
	check SHA256SUMS.asc SHA256SUMS
	for prov in *.tgz.prov; do
		[ -f "$prov" ] || fail 3 "the chart is not signed"
		check "$prov"
		digest=$(sed -n "s/^\([0-9a-f]\{64\}\)  ${prov%.prov}\$/\1/p" SHA256SUMS)
		grep -q "^  ${prov%.prov}: sha256:$digest\$" "$prov" || fail 3 "$prov: it is of another chart"
	done
fi

bad=0
sha256sum -c SHA256SUMS >"$work/sums" 2>"$work/said" || {
	grep -v ': OK$' "$work/sums" >&2
	bad=3
}
find . ! -type d ! -type f | sed 's/$/: it is not a plain file/' >"$work/special"
{
	printf '%s\n' SHA256SUMS SHA256SUMS.asc
	sed -n -e 's/^[0-9a-f]*  //' -e p -e 's/\.tgz$/.tgz.prov/p' SHA256SUMS
} | sort -u >"$work/listed"
find . -type f | sed 's|^\./||' | sort >"$work/there"
comm -13 "$work/listed" "$work/there" | sed 's/$/: it is not in SHA256SUMS/' >"$work/extra"
cat "$work/special" "$work/extra" >&2
[ ! -s "$work/special" ] && [ ! -s "$work/extra" ] || bad=3
[ "$bad" = 0 ] || fail 3 "this is not the release as it was made"
echo "verified: $(wc -l <SHA256SUMS | tr -d ' ') files"
