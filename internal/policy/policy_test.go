package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
)

func TestJoinName(t *testing.T) {
	for _, c := range []struct{ policy, rule, want string }{
		{"disallow-host-path", "host-path", "disallow-host-path"},
		{"disallow-host-ports", "host-ports-none", "disallow-host-ports-none"},
		{"restrict-volume-types", "restricted-volumes", "restrict-volume-types-restricted-volumes"},
		{"disallow-selinux", "selinux-type", "disallow-selinux-type"},
		{"a", "a", "a"},
		{"a-b-a-b", "a-b-c", "a-b-a-b-c"},
		{"host", "hosts", "host-hosts"}, // whole words only
		{"p", "", "p"},
	} {
		if got := policy.JoinName(c.policy, c.rule); got != c.want {
			t.Errorf("JoinName(%q, %q) = %q, want %q", c.policy, c.rule, got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	inner := errors.New("no such file")
	err := fmt.Errorf("outer: %w", policy.WithHint(inner, "run it again"))
	if got := policy.HintOf(err); got != "run it again" {
		t.Errorf("hint is %q", got)
	}
	if !errors.Is(err, inner) || err.Error() != "outer: no such file" {
		t.Errorf("a hint changes the error: %v", err)
	}
	if policy.WithHint(nil, "x") != nil {
		t.Error("a hint makes an error of nothing")
	}
}

func TestNear(t *testing.T) {
	names := []string{"namespaces", "exceptions", "defaults", "default", "cd", "x"}
	for word, want := range map[string]string{
		"namespacess": "namespaces", "namepsaces": "namespaces", "defalt": "default defaults", "nothing": "", "": "", "ab": "",
	} {
		if got := strings.Join(policy.Near(word, names), " "); got != want {
			t.Errorf("near %q is %q, want %q", word, got, want)
		}
	}
}
