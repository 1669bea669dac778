package templates_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/Masterminds/sprig/v3"

	"github.com/vapchart/vapchart/templates"
)

func file(text string) fstest.MapFS { return fstest.MapFS{"a.tmpl": {Data: []byte(text)}} }

func TestHelmPassesThrough(t *testing.T) {
	got, err := templates.File(file(`{{ .Values.a | quote }} [[ .A | quote ]]`), "a.tmpl", map[string]string{"A": "x"})
	if err != nil || string(got) != `{{ .Values.a | quote }} "x"` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestMissingKeyFails(t *testing.T) {
	if _, err := templates.File(file(`[[ .B ]]`), "a.tmpl", map[string]string{"A": "x"}); err == nil {
		t.Error("a missing key renders")
	}
}

func TestOnlyAllowedFunctions(t *testing.T) {
	for _, name := range []string{"now", "randInt", "keys", "values", "env", "uuidv4", "genCA", "shuffle"} {
		_, err := templates.File(file("[[ "+name+" ]]"), "a.tmpl", nil)
		if err == nil || !strings.Contains(err.Error(), "not defined") {
			t.Errorf("%s: got %v, want it to be unknown", name, err)
		}
	}
	all := sprig.HermeticTxtFuncMap()
	for _, name := range templates.Allowed() {
		if all[name] == nil {
			t.Errorf("%s is allowed, but sprig has no such function", name)
		}
	}
}
