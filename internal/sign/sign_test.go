package sign_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/sign"
)

var (
	born = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now  = born.AddDate(0, 6, 0)
)

const text = "name: x\n- a dash\n\n...\nfiles:\n  x.tgz: sha256:00\n"

// key makes a key and gives it as gpg would export it, secret and public.
func key(t *testing.T, name, passphrase string, lifetime time.Duration) (secret, public []byte) {
	t.Helper()
	config := &packet.Config{Time: func() time.Time { return born }, Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: uint32(lifetime.Seconds())}
	e, err := openpgp.NewEntity(name, "", name+"@example.org", config)
	if err != nil {
		t.Fatal(err)
	}
	if passphrase != "" {
		if err := e.EncryptPrivateKeys([]byte(passphrase), config); err != nil {
			t.Fatal(err)
		}
	}
	var s, p bytes.Buffer
	if err := e.SerializePrivateWithoutSigning(&s, config); err != nil {
		t.Fatal(err)
	}
	if err := e.Serialize(&p); err != nil {
		t.Fatal(err)
	}
	return s.Bytes(), p.Bytes()
}

func ring(t *testing.T, data ...[]byte) sign.Keyring {
	t.Helper()
	k, err := sign.ReadKeyring("keys.gpg", bytes.Join(data, nil))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signer(t *testing.T, secret []byte) *sign.Signer {
	t.Helper()
	s, err := ring(t, secret).Signer("", nil, sign.When{Time: now, Fixed: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEveryByteOfASignatureCounts holds that nothing can be changed in, added
// to or cut from what was signed without the keyring's owner seeing it.
func TestEveryByteOfASignatureCounts(t *testing.T) {
	secret, public := key(t, "releases", "", 0)
	s, keys := signer(t, secret), ring(t, public)
	detached, err := s.Detached([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	clear, err := s.Clear([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]struct {
		signed []byte
		check  func([]byte) error
	}{
		"detached": {detached, func(b []byte) error {
			by, err := keys.Detached([]byte(text), b, now)
			if err == nil && !strings.Contains(by.String(), "releases@example.org") {
				t.Errorf("signed by %s", by)
			}
			return err
		}},
		"clear": {clear, func(b []byte) error {
			got, _, err := keys.Clear(b, now)
			if err == nil && strings.TrimSpace(string(got)) != strings.TrimSpace(text) {
				t.Errorf("signed was %q", got)
			}
			return err
		}},
	}
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			if err := k.check(k.signed); err != nil {
				t.Fatal(err)
			}
			// A signature's numbers state their own size in bits, which readers may
			// take too large by some; that is in two characters at most each.
			body, spare := bytes.LastIndex(k.signed, []byte("SIGNATURE-----\n\n")), 12
			for i := range k.signed {
				for _, bit := range []byte{1, 4, 0x80} {
					bad := bytes.Clone(k.signed)
					bad[i] ^= bit
					if k.check(bad) != nil {
						continue
					}
					if spare--; i < body || bit == 0x80 || spare < 0 {
						t.Errorf("byte %d, %q turned %q, passed in\n%s", i, k.signed[i], bad[i], bad)
					}
				}
			}
			for _, bad := range [][]byte{k.signed[:len(k.signed)/2], append([]byte("x\n"), k.signed...), append(bytes.Clone(k.signed), 'x'),
				append(bytes.Clone(k.signed), k.signed...), bytes.Replace(k.signed, []byte("SIGNATURE-----\n"), []byte("SIGNATURE-----\nComment: x\n"), 1), nil} {
				if k.check(bad) == nil {
					t.Errorf("passed:\n%s", bad)
				}
			}
		})
	}
	if _, err := keys.Detached([]byte(text+"x"), detached, now); err == nil {
		t.Error("another text passed")
	}
}

func TestSameTimeSameBytes(t *testing.T) {
	secret, _ := key(t, "releases", "", 0)
	for name, f := range map[string]func(*sign.Signer) ([]byte, error){
		"detached": func(s *sign.Signer) ([]byte, error) { return s.Detached([]byte(text)) },
		"clear":    func(s *sign.Signer) ([]byte, error) { return s.Clear([]byte(text)) },
	} {
		one, err := f(signer(t, secret))
		if err != nil {
			t.Fatal(err)
		}
		two, err := f(signer(t, secret))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s: two signatures of one time differ", name)
		}
	}
}

func TestKeys(t *testing.T) {
	secret, public := key(t, "releases", "", 0)
	locked, _ := key(t, "locked", "open", 0)
	old, oldPublic := key(t, "old", "", 24*time.Hour)
	when := sign.When{Time: now}
	for _, c := range []struct {
		name, id, pass string
		ring           []byte
		when           sign.When
		want, hint     string
	}{
		{"one", "", "", secret, when, "", ""},
		{"by address", "releases@example.org", "", append(bytes.Clone(secret), locked...), when, "", ""},
		{"unlocked", "locked", "open", append(bytes.Clone(secret), locked...), when, "", ""},
		{"several", "example.org", "", append(bytes.Clone(secret), locked...), when, "2 secret keys fit", "--key"},
		{"nobody", "nobody", "", secret, when, "no secret key of the keyring has that name", "--key"},
		{"public only", "", "", public, when, "holds no secret key", "--export-secret-keys"},
		{"no passphrase", "", "", locked, when, "it has a passphrase", "--passphrase-file"},
		{"wrong passphrase", "", "shut", locked, when, "unlock key", "passphrase"},
		{"expired", "", "", old, when, "cannot sign at 2026-07-02", "expired"},
		{"before its time", "", "", secret, sign.When{Time: born.AddDate(0, 0, -1)}, "cannot sign at 2026-01-01", "younger"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ring(t, c.ring).Signer(c.id, []byte(c.pass), c.when)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(policy.HintOf(err), c.hint) {
				t.Errorf("got %v, hint %q", err, policy.HintOf(err))
			}
		})
	}
	if _, err := sign.ReadKeyring("x", []byte("no key")); err == nil || !strings.Contains(policy.HintOf(err), "gpg --export") {
		t.Errorf("a file without keys: %v", err)
	}
	s, err := ring(t, old).Signer("", nil, sign.When{Time: born.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	sig, err := s.Detached([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring(t, public).Detached([]byte(text), sig, now); err == nil || !strings.Contains(err.Error(), "no key of the keyring made it") {
		t.Errorf("a wrong key: %v", err)
	}
	if _, err := ring(t, oldPublic).Detached([]byte(text), sig, now); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an expired key: %v", err)
	}
}

// TestGnuPG holds that gpg reads what is signed here, and that what gpg signs
// is read here.
func TestGnuPG(t *testing.T) {
	gpg, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("no gpg on the PATH (Debian's gnupg)")
	}
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(gpg, append([]string{"--homedir", home, "--batch", "--no-tty"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("gpg %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	t.Cleanup(func() { _ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() })
	secret, public := key(t, "releases", "", 0)
	var armored bytes.Buffer
	w, err := armor.Encode(&armored, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(public); err != nil {
		t.Fatal(err)
	}
	w.Close()
	run("--import", file("secret.gpg", secret))
	data, s := file("data", []byte(text)), signer(t, secret)
	detached, err := s.Detached([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	clear, err := s.Clear([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{run("--verify", file("data.asc", detached), data), run("--verify", file("clear.asc", clear))} {
		if !strings.Contains(out, "Good signature from") {
			t.Errorf("gpg says:\n%s", out)
		}
	}
	run("--detach-sign", "--armor", "--output", filepath.Join(home, "theirs.asc"), data)
	theirs, err := os.ReadFile(filepath.Join(home, "theirs.asc"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring(t, armored.Bytes()).Detached([]byte(text), theirs, time.Now()); err != nil {
		t.Errorf("what gpg signed: %v", err)
	}
}

// TestOneWholePacket holds that a signature is one packet of the length that it
// states, and shows the digest that it signs, however well it is armored.
func TestOneWholePacket(t *testing.T) {
	secret, public := key(t, "releases", "", 0)
	signed, err := signer(t, secret).Detached([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	block, err := armor.Decode(bytes.NewReader(signed))
	if err != nil {
		t.Fatal(err)
	}
	packets, err := io.ReadAll(block.Body)
	if err != nil {
		t.Fatal(err)
	}
	longer, digest := bytes.Clone(packets), bytes.Clone(packets)
	longer[1]++
	hashed := 6 + int(packets[6])<<8 + int(packets[7]) // 2 of the header, 4 before the count
	unhashed := int(packets[hashed+2])<<8 + int(packets[hashed+3])
	digest[hashed+4+unhashed] ^= 1
	for name, c := range map[string]struct {
		packets []byte
		want    string
	}{
		"as it was":          {packets, ""},
		"twice":              {append(bytes.Clone(packets), packets...), "not one whole signature"},
		"longer than it is":  {longer, "not one whole signature"},
		"shows other digest": {digest, "another digest"},
	} {
		var out bytes.Buffer
		w, err := armor.Encode(&out, openpgp.SignatureType, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(c.packets); err != nil {
			t.Fatal(err)
		}
		w.Close()
		_, err = ring(t, public).Detached([]byte(text), out.Bytes(), now)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
