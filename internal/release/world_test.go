package release_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
)

// now is when the tests sign and verify.
var now = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// objects is what the small chart of the tests gives: a policy with two
// bindings, one with parameters, one that nothing binds, and a role.
const objects = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-host, labels: {a: "yes"}}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "!has(object.spec.hostNetwork)", message: "no"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-host}
spec: {policyName: no-host, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-host-warn}
spec: {policyName: no-host, validationActions: [Warn]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: of-params}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "params.data.x == 'y'"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: of-params}
spec: {policyName: of-params, paramRef: {name: x, parameterNotFoundAction: Deny}, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: unbound}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: "true"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: guard}
rules: []
`

// input gives what a small release is made from.
func input(t *testing.T, version string) release.Input {
	t.Helper()
	docs, err := manifest.Split("rendered.yaml", []byte(objects))
	if err != nil {
		t.Fatal(err)
	}
	vendored := tree.Tree{"LICENSE": []byte("free"), "a/a.yaml": []byte("kind: x\n")}
	lock, err := upstream.NewLock(upstream.Fetched{Pin: policy.Pin{Source: "builtin"}, Tree: vendored})
	if err != nil {
		t.Fatal(err)
	}
	text, err := lock.Encode()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := chart.Archive("small", files(version))
	if err != nil {
		t.Fatal(err)
	}
	modules, err := release.Modules()
	if err != nil {
		t.Fatal(err)
	}
	cluster := project.Cluster{Name: "one", Kubernetes: "1.35"}
	return release.Input{
		Facts: release.Facts{
			Chart: "small", Version: version, Pin: release.PinOf(lock.Pin()),
			Kubernetes: release.Range{Oldest: "1.30", Newest: "1.37"}, Standard: release.Range{Oldest: "v1.0", Newest: "v1.37"},
			Names: []release.ClusterFact{{Name: cluster.Name, Kubernetes: cluster.Kubernetes}},
		},
		Tool:     release.Tool{Module: "github.com/vapchart/vapchart", Version: "v9.9.9", Modules: modules},
		Clusters: []release.Cluster{{Name: "one", Kubernetes: "1.35", Objects: docs}},
		Archive:  archive, Project: []byte("kind: Project\n"), Lock: text, Vendored: vendored,
		Overlays: tree.Tree{"common/values.yaml": []byte("a: 1\n"), "one/values.yaml": []byte("b: 2\n")},
		Coverage: []byte("# Coverage\n"), Changelog: []byte("# Changelog\n\n## [" + version + "] (first)\n"),
		Verdicts: []byte("# Verdicts\n"), License: []byte("free\n"),
	}
}

// files is the small chart.
func files(version string) tree.Tree {
	return tree.Tree{
		"Chart.yaml":           []byte("apiVersion: v2\nname: small\ndescription: a small one\nversion: " + version + "\n"),
		"templates/empty.yaml": []byte("# nothing\n"),
	}
}

// key makes a key: what signs, and what verifies.
func key(t *testing.T, name string) (secret sign.Keyring, public []byte) {
	t.Helper()
	config := &packet.Config{Time: func() time.Time { return now.AddDate(0, -1, 0) }, Algorithm: packet.PubKeyAlgoEdDSA}
	e, err := openpgp.NewEntity(name, "", name+"@example.org", config)
	if err != nil {
		t.Fatal(err)
	}
	var s, p bytes.Buffer
	if err := errors.Join(e.SerializePrivateWithoutSigning(&s, config), e.Serialize(&p)); err != nil {
		t.Fatal(err)
	}
	if secret, err = sign.ReadKeyring("secret", s.Bytes()); err != nil {
		t.Fatal(err)
	}
	return secret, p.Bytes()
}

func verifier(t *testing.T, public []byte) sign.Verifier {
	t.Helper()
	keys, err := sign.ReadKeyring("public", public)
	if err != nil {
		t.Fatal(err)
	}
	return sign.Verifier{Keys: keys, Now: now}
}

// build makes the bundle; with a key it is signed as the verb does.
func build(t *testing.T, in release.Input, secret *sign.Keyring) tree.Tree {
	t.Helper()
	out, err := release.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	if secret == nil {
		return out
	}
	s, err := secret.Signer("", nil, sign.When{Time: now, Fixed: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := release.Sign(out, in.Chart, in.Version, s, signable(t, in)); err != nil {
		t.Fatal(err)
	}
	return out
}

func signable(t *testing.T, in release.Input) []byte {
	t.Helper()
	text, err := chart.Provenance(release.ChartFile(in.Chart, in.Version), in.Archive)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// proof verifies a bundle as the verb does; its sources give what in gives.
func proof(t *testing.T, in release.Input, bundle tree.Tree) release.Proof {
	return release.Proof{
		Bundle: bundle,
		Lock: func(lock []byte, vendored tree.Tree) error {
			l, err := upstream.ParseLock(release.LockFile, lock)
			if err == nil {
				err = l.Verify(vendored)
			}
			if err != nil {
				return &release.Finding{Err: err}
			}
			return nil
		},
		Rebuild: func(_ context.Context, b tree.Tree, r release.Record) (release.Rebuilt, error) {
			made, err := release.Build(in)
			if err != nil {
				return release.Rebuilt{}, err
			}
			unpacked, err := chart.Unpack("small", b[release.ChartFile(r.Chart, r.Version)])
			if err != nil {
				return release.Rebuilt{}, &release.Finding{Err: err}
			}
			return release.Rebuilt{Bundle: made, Chart: files(in.Version), Unpacked: unpacked, Provenance: signable(t, in)}, nil
		},
	}
}

// found says what verifying found; what could not be found out fails the test.
func found(t *testing.T, p release.Proof) error {
	t.Helper()
	_, err := release.Verify(t.Context(), p)
	var f *release.Finding
	if err != nil && !errors.As(err, &f) {
		t.Fatal(fmt.Errorf("not a finding: %w", err))
	}
	return err
}

func archive(t *testing.T, files tree.Tree) []byte {
	t.Helper()
	out, err := chart.Archive("small", files)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// repacked gives an archive with the same files in other bytes.
func repacked(t *testing.T, data []byte) []byte {
	t.Helper()
	in, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(zip, in)
	if err := errors.Join(err, zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
