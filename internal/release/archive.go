package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vapchart/vapchart/internal/tree"
)

// ErrDamaged says that an archive is not what Pack writes, whatever the reason.
var ErrDamaged = errors.New("the archive is damaged or was not made by vapchart")

// ArchiveExtension ends the name of a bundle's archive.
const ArchiveExtension = ".bundle.tar.gz"

// Limits of what Unpack takes, so that an archive from elsewhere cannot fill the
// memory: bytes of all files together, and their number.
const (
	maxBytes = 256 << 20
	maxFiles = 50_000
)

// Pack gives a tree as one archive, below a folder of the given name. The same
// tree gives the same bytes: names sorted, no times, no owners, one mode.
func Pack(folder string, t tree.Tree) ([]byte, error) {
	plain, err := pack(folder, t)
	if err != nil {
		return nil, fmt.Errorf("pack archive: %w", err)
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("pack archive: %w", err)
	}
	_, werr := zip.Write(plain)
	if err := errors.Join(werr, zip.Close()); err != nil {
		return nil, fmt.Errorf("pack archive: %w", err)
	}
	return out.Bytes(), nil
}

// pack gives the tree as a tar file. Scripts may be run, nothing else.
func pack(folder string, t tree.Tree) ([]byte, error) {
	var out bytes.Buffer
	tw := tar.NewWriter(&out)
	for _, name := range t.Paths() {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: inside(folder, name), Mode: 0o644, Size: int64(len(t[name])), Format: tar.FormatPAX}
		if strings.HasSuffix(name, ".sh") {
			h.Mode = 0o755
		}
		if err := tw.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if _, err := tw.Write(t[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := tw.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func inside(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// Unpack gives what is in an archive, and the name of its one folder. It takes
// what Pack writes and nothing else: no links, no paths that lead out, no file
// twice, no bytes around or between. What it refuses matches ErrDamaged.
func Unpack(data []byte) (folder string, t tree.Tree, err error) {
	plain, err := unzip(data)
	if err == nil {
		folder, t, err = untar(plain)
	}
	if err == nil {
		// Two archives could else differ and unpack alike.
		var again []byte
		if again, err = pack(folder, t); err == nil && !bytes.Equal(again, plain) {
			err = errors.New("it holds more than its files")
		}
	}
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return folder, t, nil
}

// unzip gives the tar file in a gzip file that has one part and no header but
// the plain one.
func unzip(data []byte) ([]byte, error) {
	const header = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
	if !bytes.HasPrefix(data, []byte(header)) {
		return nil, errors.New("its header is not that of an archive of a release")
	}
	in := bytes.NewReader(data)
	zip, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	zip.Multistream(false)
	plain, err := io.ReadAll(io.LimitReader(zip, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > maxBytes {
		return nil, fmt.Errorf("it unpacks to more than %d MiB", maxBytes>>20)
	}
	if in.Len() > 0 {
		return nil, errors.New("bytes follow its end")
	}
	return plain, nil
}

func untar(plain []byte) (folder string, t tree.Tree, err error) {
	t = tree.New()
	for tr := tar.NewReader(bytes.NewReader(plain)); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, err
		}
		top, name, ok := strings.Cut(h.Name, "/")
		if h.Typeflag != tar.TypeReg || !ok || tree.CheckPath(top) != nil {
			return "", nil, fmt.Errorf("%q is no plain file in a folder", h.Name)
		}
		if len(t) > 0 && top != folder {
			return "", nil, fmt.Errorf("it has two folders, %s and %s", folder, top)
		}
		folder = top
		file, err := io.ReadAll(tr)
		if err != nil {
			return "", nil, err
		}
		if err := t.Add(name, file); err != nil {
			return "", nil, err
		}
		if len(t) > maxFiles {
			return "", nil, fmt.Errorf("it holds more than %d files", maxFiles)
		}
	}
	if len(t) == 0 {
		return "", nil, errors.New("it holds no file")
	}
	return folder, t, nil
}
