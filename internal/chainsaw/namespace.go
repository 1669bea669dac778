package chainsaw

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/values"
)

// prefix begins the names of all that a test makes.
const prefix = "chainsaw-"

// namespace gives the namespace in which a test is made in a place; ok is false
// where no name of a test's own can be had that the place's key decides for.
func (w *world) namespace(p place, test string) (n Namespace, ok bool) {
	if p.shared() {
		return Namespace{Name: p.key}, true
	}
	for _, fill := range []string{prefix + test, test, test + "-chainsaw", "x-" + test} {
		name := fillIn(p.key, fill)
		if strings.HasPrefix(p.key, prefix) {
			name = fillIn(p.key, strings.TrimPrefix(fill, prefix))
		}
		if len(validation.IsDNS1123Label(name)) == 0 && (p.labels != nil || values.Deciding(w.keys(), name) == p.key) {
			return Namespace{name, p.labels}, true
		}
	}
	return Namespace{}, false
}

// fillIn puts text in place of a glob's first star, and nothing in place of the
// others. Text that would make the name too long is cut, and then ends with a
// digest, so that two tests never share a namespace.
func fillIn(glob, text string) string {
	const most = validation.DNS1123LabelMaxLength
	head, tail, star := strings.Cut(glob, "*")
	if !star {
		head = glob
	}
	tail = strings.ReplaceAll(tail, "*", "")
	if room := most - len(head) - len(tail); room < len(text) {
		sum := sha256.Sum256([]byte(text))
		digest := hex.EncodeToString(sum[:])[:6]
		text = strings.Trim(text[:max(room-len(digest)-1, 0)], "-") + "-" + digest
	}
	return head + text + tail
}

// slug gives text as a part of a name: small letters, digits and dashes.
func slug(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
