package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/tree"
)

func TestVerify(t *testing.T) {
	in := input(t, "1.2.3")
	secret, public := key(t, "releases")
	for name, c := range map[string]struct {
		bundle tree.Tree
		signed release.Signed
		want   string
	}{
		"unsigned":              {build(t, in, nil), nil, ""},
		"signed, no keyring":    {build(t, in, &secret), nil, ""},
		"signed, by a keyring":  {build(t, in, &secret), verifier(t, public), ""},
		"unsigned, a keyring":   {build(t, in, nil), verifier(t, public), "SHA256SUMS.asc: it is missing"},
		"signed by another key": {build(t, in, &secret), verifier(t, other(t)), "no key of the keyring made it"},
	} {
		t.Run(name, func(t *testing.T) {
			p := proof(t, in, c.bundle)
			p.Signed, p.Name, p.Version = c.signed, "small-1.2.3", "1.2.3"
			p.Record = tree.Tree{"release.yaml": c.bundle["release.yaml"], "SHA256SUMS": c.bundle["SHA256SUMS"]}
			v, err := release.Verify(t.Context(), p)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || policy.HintOf(err) == "" {
					t.Errorf("%v, hint %q", err, policy.HintOf(err))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if v.Files != len(c.bundle) || (v.Signer != "") != (c.signed != nil) || v.Signed != (c.bundle["SHA256SUMS.asc"] != nil) {
				t.Errorf("%+v", v)
			}
		})
	}
}

func other(t *testing.T) []byte {
	_, public := key(t, "somebody else")
	return public
}

// TestEveryFileCounts holds that no file of a bundle can be changed, dropped,
// added or put in another's place.
func TestEveryFileCounts(t *testing.T) {
	in := input(t, "1.2.3")
	secret, public := key(t, "releases")
	good := build(t, in, &secret)
	verify := func(t *testing.T, bad tree.Tree, want string) {
		t.Helper()
		p := proof(t, in, bad)
		p.Signed = verifier(t, public)
		if err := found(t, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found %v, want %q", err, want)
		}
	}
	names := good.Paths()
	for i, name := range names {
		at := name
		if name == "SHA256SUMS" {
			at = "SHA256SUMS.asc" // what is over it
		}
		for _, place := range []int{0, len(good[name]) / 2, len(good[name]) - 2} {
			bad := maps.Clone(good)
			bad[name] = bytes.Clone(good[name])
			bad[name][place] ^= 1
			verify(t, bad, at)
		}
		dropped := maps.Clone(good)
		delete(dropped, name)
		verify(t, dropped, at)
		if next := names[(i+1)%len(names)]; !bytes.Equal(good[name], good[next]) {
			swapped := maps.Clone(good)
			swapped[name], swapped[next] = good[next], good[name]
			verify(t, swapped, "")
		}
	}
	for _, name := range []string{"extra", "upstream/extra.yaml", "other-1.2.3.tgz.prov", "overlays/SHA256SUMS.asc"} {
		bad := maps.Clone(good)
		bad[name] = []byte("x")
		verify(t, bad, name+": it is not in SHA256SUMS")
	}
}

// TestForged holds what is caught where there is no signature, or where whoever
// holds the key forges: the checksums are right, what they are of is not.
func TestForged(t *testing.T) {
	in := input(t, "1.2.3")
	secret, public := key(t, "releases")
	change := func(f func(*release.Input)) tree.Tree {
		forged := input(t, "1.2.3")
		f(&forged)
		return build(t, forged, &secret)
	}
	evil := files("1.2.3")
	evil["templates/evil.yaml"] = []byte("kind: Evil\n")
	for name, c := range map[string]struct {
		bundle tree.Tree
		want   []string
	}{
		"chart": {change(func(in *release.Input) { in.Archive = archive(t, evil) }),
			[]string{"small-1.2.3.tgz/templates/evil.yaml: it is not what its sources give", "-kind: Evil"}},
		"archive alone": {change(func(in *release.Input) { in.Archive = repacked(t, in.Archive) }),
			[]string{"small-1.2.3.tgz: it is not what its sources give", "binary"}},
		"objects": {change(func(in *release.Input) { in.Clusters[0].Objects = in.Clusters[0].Objects[1:] }),
			[]string{"rendered/one.yaml: it is not what its sources give", "+kind: ValidatingAdmissionPolicy"}},
		"overlays": {change(func(in *release.Input) { in.Overlays["one/values.yaml"] = []byte("b: 3\n") }),
			[]string{"overlays/one/values.yaml", "-b: 3"}},
		"vendored": {change(func(in *release.Input) { in.Vendored["a/a.yaml"] = []byte("kind: y\n") }),
			[]string{"changed  a/a.yaml"}},
		"facts": {change(func(in *release.Input) { in.Kubernetes.Newest = "1.99" }),
			[]string{"release.yaml: its facts are not those of its sources", "1.99"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := proof(t, in, c.bundle)
			p.Signed = verifier(t, public)
			err := found(t, p)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("found %v, want %q", err, want)
				}
			}
		})
	}
	t.Run("signatures of another release", func(t *testing.T) {
		bad, older := build(t, in, &secret), build(t, input(t, "1.2.2"), &secret)
		bad["small-1.2.3.tgz.prov"] = older["small-1.2.2.tgz.prov"]
		p := proof(t, in, bad)
		p.Signed = verifier(t, public)
		if err := found(t, p); err == nil || !strings.Contains(err.Error(), "small-1.2.3.tgz.prov: it is of another chart") {
			t.Error(err)
		}
	})
	t.Run("another signer of the chart", func(t *testing.T) {
		second, public2 := key(t, "somebody else")
		bad := build(t, in, &secret)
		bad["small-1.2.3.tgz.prov"] = build(t, in, &second)["small-1.2.3.tgz.prov"]
		p := proof(t, in, bad)
		p.Signed = verifier(t, append(bytes.Clone(public), public2...))
		if err := found(t, p); err == nil || !strings.Contains(err.Error(), "it is signed by ") {
			t.Error(err)
		}
	})
}

// TestReplay holds that an older release, whole and signed, is not taken for the
// one that was asked for.
func TestReplay(t *testing.T) {
	in := input(t, "1.2.2")
	secret, public := key(t, "releases")
	older, newer := build(t, in, &secret), build(t, input(t, "1.2.3"), &secret)
	for name, c := range map[string]struct {
		change func(*release.Proof)
		want   string
	}{
		"by its name":    {func(p *release.Proof) { p.Name = "small-1.2.3" }, "it is small-1.2.2, but is called small-1.2.3"},
		"by the version": {func(p *release.Proof) { p.Version = "1.2.3" }, "it is of version 1.2.2, not of 1.2.3"},
		"by the record":  {func(p *release.Proof) { p.Record = tree.Tree{"release.yaml": newer["release.yaml"]} }, "it is not what is recorded"},
	} {
		t.Run(name, func(t *testing.T) {
			p := proof(t, in, older)
			p.Signed = verifier(t, public)
			if err := found(t, p); err != nil {
				t.Fatal(err)
			}
			c.change(&p)
			if err := found(t, p); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("found %v", err)
			}
		})
	}
}

// TestOtherTool holds that another version of the tool may have other modules and
// words, that the files which hang on these are told, and that it is said where it
// makes another chart.
func TestOtherTool(t *testing.T) {
	in := input(t, "1.2.3")
	bundle := build(t, in, nil)
	in.Tool.Version, in.Tool.Modules = "v10.0.0", in.Tool.Modules[1:]
	v, err := release.Verify(t.Context(), proof(t, in, bundle))
	want := []release.NotRebuilt{{Files: []string{"provenance.intoto.json", "release.yaml", "sbom.cdx.json"},
		Why: "vapchart v9.9.9 is said to have written them, this is v10.0.0"}}
	if err != nil || !reflect.DeepEqual(v.NotRebuilt, want) {
		t.Errorf("%v, not rebuilt %v", err, v.NotRebuilt)
	}
	in.Clusters[0].Objects = in.Clusters[0].Objects[1:]
	if err := found(t, proof(t, in, bundle)); err == nil || !strings.Contains(policy.HintOf(err), "vapchart v9.9.9 made the release, this is v10.0.0") {
		t.Errorf("%v, hint %q", err, policy.HintOf(err))
	}
}

// TestForgedWords holds that none of what the tool writes besides charts and objects
// can be something else, with all digests mended, without a finding or, where the
// bundle names another version of the tool, without being told of.
func TestForgedWords(t *testing.T) {
	in := input(t, "1.2.3")
	for _, name := range []string{"README.md", "static/README.md", "verify.sh", "VERDICTS.md", "sbom.cdx.json", "provenance.intoto.json"} {
		t.Run(name, func(t *testing.T) {
			forge := func(version string) tree.Tree {
				bad := build(t, in, nil)
				bad[name] = []byte("forged\n")
				return mended(t, bad, version)
			}
			if err := found(t, proof(t, in, forge("v9.9.9"))); err == nil || !strings.Contains(err.Error(), name+": it is not what its sources give") {
				t.Errorf("by this version: found %v", err)
			}
			v, err := release.Verify(t.Context(), proof(t, in, forge("v9.9.8")))
			if err != nil || len(v.NotRebuilt) != 1 || !slices.Contains(v.NotRebuilt[0].Files, name) || !slices.Contains(v.NotRebuilt[0].Files, "release.yaml") {
				t.Errorf("by another version: %v, not rebuilt %v", err, v.NotRebuilt)
			}
			gone := build(t, in, nil)
			delete(gone, name)
			if err := found(t, proof(t, in, mended(t, gone, "v9.9.8"))); err == nil || !strings.Contains(err.Error(), name+": it is ") {
				t.Errorf("taken out: found %v", err)
			}
		})
	}
	v, err := release.Verify(t.Context(), proof(t, in, build(t, in, nil)))
	if err != nil || v.NotRebuilt != nil {
		t.Errorf("nothing forged: %v, not rebuilt %v", err, v.NotRebuilt)
	}
	in.Previous = "1.2.2"
	v, err = release.Verify(t.Context(), proof(t, in, build(t, in, nil)))
	if err != nil || len(v.NotRebuilt) != 1 || !slices.Equal(v.NotRebuilt[0].Files, []string{"VERDICTS.md"}) {
		t.Errorf("after another release: %v, not rebuilt %v", err, v.NotRebuilt)
	}
	lines := "v9.9.8\nverified   all"
	if err := found(t, proof(t, in, mended(t, build(t, in, nil), lines))); err == nil || !strings.Contains(err.Error(), "want plain words") {
		t.Errorf("a version of two lines: %v", err)
	}
}

// mended gives a forged bundle the digests that fit, and a version of the tool.
func mended(t *testing.T, bundle tree.Tree, version string) tree.Tree {
	t.Helper()
	r, err := release.ParseRecord("release.yaml", bundle["release.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	r.Tool.Version = version
	folders := map[string]tree.Tree{}
	clear(r.Digests)
	for name, data := range bundle {
		top, rest, below := strings.Cut(name, "/")
		switch {
		case !below && top != "release.yaml" && top != "SHA256SUMS":
			r.Digests[top] = fmt.Sprintf("%x", sha256.Sum256(data))
		case below && folders[top] == nil:
			folders[top] = tree.New()
			fallthrough
		case below:
			folders[top][rest] = data
		}
	}
	for top, files := range folders {
		if r.Digests[top], err = files.Digest(); err != nil {
			t.Fatal(err)
		}
	}
	if bundle["release.yaml"], err = manifest.Encode(r); err != nil {
		t.Fatal(err)
	}
	delete(bundle, "SHA256SUMS")
	var sums bytes.Buffer
	for _, name := range bundle.Paths() {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(bundle[name]), name)
	}
	bundle["SHA256SUMS"] = sums.Bytes()
	return bundle
}

// TestFailureIsNoFinding holds that what could not be found out is told apart
// from what is wrong.
func TestFailureIsNoFinding(t *testing.T) {
	in := input(t, "1.2.3")
	p := proof(t, in, build(t, in, nil))
	p.Rebuild = func(context.Context, tree.Tree, release.Record) (release.Rebuilt, error) {
		return release.Rebuilt{}, errors.New("no space")
	}
	var f *release.Finding
	if _, err := release.Verify(t.Context(), p); err == nil || errors.As(err, &f) {
		t.Errorf("%v", err)
	}
}

// TestArchive holds that no byte of an archive can be changed, cut off or put
// behind it, and that what Pack does not write is refused.
func TestArchive(t *testing.T) {
	in := input(t, "1.2.3")
	bundle := build(t, in, nil)
	data, err := release.Pack("small-1.2.3", bundle)
	if err != nil {
		t.Fatal(err)
	}
	folder, got, err := release.Unpack(data)
	if err != nil || folder != "small-1.2.3" || len(tree.Diff("", bundle, got)) > 0 {
		t.Fatalf("unpacked %s, %v", folder, err)
	}
	damaged := func(what string, bad []byte) {
		t.Helper()
		if _, _, err := release.Unpack(bad); !errors.Is(err, release.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	same := 0
	for i := 0; i < len(data); i += 5 {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 8)
		// A compressed stream has bits that mean nothing.
		if folder, got, err := release.Unpack(bad); err == nil && folder == "small-1.2.3" && maps.EqualFunc(got, bundle, bytes.Equal) {
			same++
			continue
		}
		damaged(fmt.Sprintf("byte %d changed", i), bad)
	}
	if same > 10 {
		t.Errorf("%d of %d changed bytes changed nothing", same, len(data))
	}
	for _, n := range []int{0, 1, 9, 10, 100, len(data) / 2, len(data) - 8, len(data) - 1} {
		damaged(fmt.Sprintf("cut to %d", n), data[:n])
	}
	damaged("a byte more", append(bytes.Clone(data), 0))
	damaged("another archive behind", append(bytes.Clone(data), data...))

	plain := func(name string) *tar.Header {
		return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Format: tar.FormatPAX}
	}
	link := plain("a/b")
	link.Typeflag, link.Linkname = tar.TypeSymlink, "/etc/passwd"
	hard := plain("a/b")
	hard.Typeflag, hard.Linkname = tar.TypeLink, "a/a"
	owned, executable := plain("a/b"), plain("a/b")
	owned.Uid, executable.Mode = 1000, 0o755
	for what, headers := range map[string][]*tar.Header{
		"path that leads out": {plain("a/../../b")}, "absolute path": {plain("/a/b")}, "no folder": {plain("b")},
		"folder of dots": {plain("../b")}, "two folders": {plain("a/b"), plain("c/b")}, "file twice": {plain("a/b"), plain("a/b")},
		"symbolic link": {link}, "hard link": {plain("a/a"), hard}, "owner": {owned}, "mode": {executable},
		"not sorted": {plain("a/c"), plain("a/b")}, "backslash": {plain(`a/b\c`)}, "nothing": {},
	} {
		var out bytes.Buffer
		zip, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
		tw := tar.NewWriter(zip)
		for _, h := range headers {
			if err := tw.WriteHeader(h); err != nil {
				t.Fatal(err)
			}
		}
		tw.Close()
		zip.Close()
		damaged(what, out.Bytes())
	}
	var bomb bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	for range 300 {
		if _, err := zip.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	zip.Close()
	if _, _, err := release.Unpack(bomb.Bytes()); !errors.Is(err, release.ErrDamaged) || !strings.Contains(err.Error(), "MiB") {
		t.Errorf("an archive of 300 MiB: %v", err)
	}
}
