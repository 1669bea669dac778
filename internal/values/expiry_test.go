package values_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vapchart/vapchart/internal/values"
)

func TestExpiry(t *testing.T) {
	whole := map[string]any{"exceptions": map[string]any{
		"a": map[string]any{"expires": "2027-03-10"},
		"b": map[string]any{"expires": "2027-02-30"},
		"c": map[string]any{"reason": "for ever"},
		"d": "no object",
	}}
	for now, want := range map[string]string{
		"2027-02-08T23:59:59Z": "|exceptions.b",
		"2027-02-09T00:00:00Z": "exceptions.a expires on 2027-03-10|exceptions.b",
		"2027-03-10T23:59:59Z": "exceptions.a expires on 2027-03-10|exceptions.b",
		"2027-03-11T00:00:00Z": `|exceptions.a has expired on 2027-03-10,exceptions.b`,
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		expired, soon := values.Expiry(whole, at)
		got := strings.Join(soon, ",") + "|" + strings.Join(expired, ",")
		want = strings.Replace(want, "exceptions.b", `exceptions.b.expires is "2027-02-30", which is no date`, 1)
		if got != want {
			t.Errorf("%s: got %s, want %s", now, got, want)
		}
	}
}
