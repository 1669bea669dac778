package push_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	helm "helm.sh/helm/v3/pkg/registry"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/push"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/tree"
)

// world is a registry on loopback.
type world struct {
	*httptest.Server
	address string // oci://host/path
	access  push.Access

	sync.Mutex
	fail   func(n int, r *http.Request) bool // answers a request with an error
	user   string                            // who may do anything, with the password "secret"; empty for all
	writes int

	keepsTags bool // of manifests that it deletes
}

func newWorld(t *testing.T, secure bool) *world {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir()) // no credentials of whoever runs the tests
	w := &world{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	handler := http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.Lock()
		defer w.Unlock()
		if user, pass, _ := r.BasicAuth(); w.user != "" && (user != w.user || pass != "secret") {
			out.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			out.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.writes++
			if w.fail != nil && w.fail(w.writes, r) {
				out.WriteHeader(http.StatusForbidden)
				return
			}
		}
		if i := strings.LastIndex(r.URL.Path, "/"); r.Method == http.MethodDelete && !w.keepsTags {
			// With a manifest go its tags, in the registries that people run.
			tagged := r.Clone(r.Context())
			tagged.URL.Path = r.URL.Path[:i] + "/1.2.3_x"
			inner.ServeHTTP(httptest.NewRecorder(), tagged)
		}
		inner.ServeHTTP(out, r)
	})
	if secure {
		w.Server = httptest.NewUnstartedServer(handler)
		w.Config.ErrorLog = log.New(io.Discard, "", 0)
		w.StartTLS()
	} else {
		w.Server = httptest.NewServer(handler)
	}
	t.Cleanup(w.Close)
	_, host, _ := strings.Cut(w.URL, "://")
	w.address = "oci://" + host + "/charts"
	w.access = push.Access{PlainHTTP: !secure, Config: filepath.Join(t.TempDir(), "config.json")}
	return w
}

// tags gives what of the two artifacts anybody can see.
func (w *world) tags(t *testing.T) string {
	t.Helper()
	var seen []string
	for _, name := range []string{"small", "small-overlays"} {
		res, err := w.Client().Get(w.URL + "/v2/charts/" + name + "/tags/list")
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Tags []string }
		if err := json.NewDecoder(res.Body).Decode(&list); err == nil && len(list.Tags) > 0 {
			seen = append(seen, name)
		}
		res.Body.Close()
	}
	return strings.Join(seen, " ")
}

func artifacts(t *testing.T, value string) []push.Artifact {
	t.Helper()
	archive, err := chart.Archive("small", tree.Tree{
		"Chart.yaml": []byte("apiVersion: v2\nname: small\nversion: 1.2.3+x\n"), "values.yaml": []byte("a: " + value + "\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	meta, err := chart.Metadata(archive)
	if err != nil {
		t.Fatal(err)
	}
	overlays, err := release.Pack("", tree.Tree{"one/kustomization.yaml": []byte("resources: [rendered]\n")})
	if err != nil {
		t.Fatal(err)
	}
	return []push.Artifact{
		push.Overlays("small-overlays", "1.2.3+x", "https://example.org/p", "r@sha1:0", overlays),
		push.Chart("small", "1.2.3+x", meta, archive, []byte("signed")),
	}
}

// TestHelmPulls holds that Helm's own client pulls the chart and its signature,
// and that Flux finds what it looks for.
func TestHelmPulls(t *testing.T) {
	w := newWorld(t, false)
	list := artifacts(t, "1")
	pushed, err := push.All(t.Context(), w.address, w.access, list)
	if err != nil {
		t.Fatal(err)
	}
	if len(pushed) != 2 || pushed[1].Address != w.address+"/small:1.2.3_x" || pushed[1].There {
		t.Errorf("pushed %+v", pushed)
	}
	client, err := helm.NewClient(helm.ClientOptPlainHTTP(), helm.ClientOptCredentialsFile(w.access.Config))
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := client.Pull(strings.TrimPrefix(w.address, "oci://")+"/small:1.2.3+x", helm.PullOptWithProv(true))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pulled.Chart.Data, list[1].Layers[0].Data) || string(pulled.Prov.Data) != "signed" || pulled.Chart.Meta.Version != "1.2.3+x" ||
		pulled.Manifest.Digest != pushed[1].Digest {
		t.Errorf("helm pulled %+v", pulled)
	}
	var manifest struct {
		Config struct{ MediaType string }
		Layers []struct{ MediaType, Digest string }
	}
	get := func(path string) []byte {
		res, err := w.Client().Get(w.URL + "/v2/charts/small-overlays/" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if err := json.Unmarshal(get("manifests/1.2.3_x"), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Config.MediaType != "application/vnd.cncf.flux.config.v1+json" || len(manifest.Layers) != 1 ||
		manifest.Layers[0].MediaType != "application/vnd.cncf.flux.content.v1.tar+gzip" ||
		!bytes.Equal(get("blobs/"+manifest.Layers[0].Digest), list[0].Layers[0].Data) {
		t.Errorf("flux would find %+v", manifest)
	}
	again, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1"))
	if err != nil || !again[0].There || !again[1].There || again[1].Digest != pushed[1].Digest {
		t.Errorf("the same again: %+v, %v", again, err)
	}
}

// TestVersionsStay holds that what is out is never replaced, and that nothing is
// written before that is known of every artifact.
func TestVersionsStay(t *testing.T) {
	w := newWorld(t, false)
	if _, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1")[1:]); err != nil {
		t.Fatal(err)
	}
	before := w.writes
	_, err := push.All(t.Context(), w.address, w.access, artifacts(t, "2"))
	if err == nil || !strings.Contains(err.Error(), "/small:1.2.3_x: the tag is taken by another artifact") || !strings.Contains(policy.HintOf(err), "under a new one") {
		t.Errorf("%v, hint %q", err, policy.HintOf(err))
	}
	if w.writes != before || w.tags(t) != "small" {
		t.Errorf("%d requests wrote, seen is %q", w.writes-before, w.tags(t))
	}
}

// TestHalfWay holds that a registry that fails at any point leaves no half
// release to be seen, and that the same command then completes it.
func TestHalfWay(t *testing.T) {
	whole := newWorld(t, false)
	if _, err := push.All(t.Context(), whole.address, whole.access, artifacts(t, "1")); err != nil {
		t.Fatal(err)
	}
	if whole.writes < 8 {
		t.Fatalf("only %d requests wrote", whole.writes)
	}
	for n := 1; n <= whole.writes; n++ {
		w := newWorld(t, false)
		w.fail = func(i int, _ *http.Request) bool { return i == n }
		_, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1"))
		if err == nil || !strings.Contains(policy.HintOf(err), "run the same command again") {
			t.Errorf("request %d failed: %v, hint %q", n, err, policy.HintOf(err))
		}
		if seen := w.tags(t); seen != "" {
			t.Errorf("request %d failed, and there is %s", n, seen)
		}
		w.fail = nil
		if _, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1")); err != nil || w.tags(t) != "small small-overlays" {
			t.Errorf("request %d failed, then: %v, seen is %q", n, err, w.tags(t))
		}
	}
	// Down for good between the two tags, or unable to forget one: nothing can be
	// taken back, and it says so.
	for _, keepsTags := range []bool{false, true} {
		w := newWorld(t, false)
		w.keepsTags = keepsTags
		w.fail = func(i int, _ *http.Request) bool { return i == whole.writes || i > whole.writes && !keepsTags }
		_, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1"))
		if err == nil || !strings.Contains(policy.HintOf(err), "without the rest there is now "+w.address+"/small-overlays:1.2.3_x") {
			t.Errorf("%v, hint %q", err, policy.HintOf(err))
		}
	}
}

func TestAccess(t *testing.T) {
	t.Run("credentials as helm registry login writes them", func(t *testing.T) {
		w := newWorld(t, false)
		w.user = "me"
		_, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1"))
		if err == nil || !strings.Contains(policy.HintOf(err), "helm registry login") {
			t.Fatalf("without credentials: %v, hint %q", err, policy.HintOf(err))
		}
		client, err := helm.NewClient(helm.ClientOptPlainHTTP(), helm.ClientOptCredentialsFile(w.access.Config))
		if err != nil {
			t.Fatal(err)
		}
		host := strings.TrimPrefix(w.URL, "http://")
		if err := client.Login(host, helm.LoginOptBasicAuth("me", "secret"), helm.LoginOptPlainText(true)); err != nil {
			t.Fatal(err)
		}
		if _, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1")); err != nil {
			t.Error(err)
		}
	})
	t.Run("certificates", func(t *testing.T) {
		w := newWorld(t, true)
		if _, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1")); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("an unknown certificate: %v", err)
		}
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, access := range map[string]push.Access{"by CA": {CAFile: ca}, "insecure": {Insecure: true}} {
			if _, err := push.All(t.Context(), w.address, access, artifacts(t, "1")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("no registry", func(t *testing.T) {
		w := newWorld(t, false)
		w.Close()
		_, err := push.All(t.Context(), w.address, w.access, artifacts(t, "1"))
		if err == nil || !strings.Contains(policy.HintOf(err), "nothing was pushed") {
			t.Errorf("%v, hint %q", err, policy.HintOf(err))
		}
	})
	for _, address := range []string{"https://example.org/x", "oci://", "oci://host/UPPER"} {
		if _, err := push.All(t.Context(), address, push.Access{}, artifacts(t, "1")); err == nil || !strings.Contains(policy.HintOf(err), "oci://host/path") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
