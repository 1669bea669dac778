package upstream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/vapchart/vapchart/internal/policy"
)

// explain says in the user's terms why a fetch failed.
func explain(err error) error {
	var wrapped *plumbing.UnexpectedError // does not unwrap by itself
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var said *pktline.ErrorLine
	var status *githttp.Err
	var trust *tls.CertificateVerificationError
	var request *url.Error // its text repeats the address, what it wraps does not
	switch {
	case policy.HintOf(err) != "":
		return err
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		return policy.WithHint(errors.New("the server refuses access"),
			"no such repository, or a private one: check the url, or clone it yourself and name the clone by file://")
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return policy.WithHint(errors.New("the server has no such repository"), "check the url")
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return errors.New("the repository is empty")
	case strings.Contains(err.Error(), "not our ref"): // git's own words, at a hash it does not give
		return policy.WithHint(errors.New("the server does not give this commit"),
			"name the branch or tag that holds it, or clone the repository and name the clone by file://")
	case errors.As(err, &said):
		return fmt.Errorf("the server says: %s", oneLine(said.Text))
	case errors.As(err, &status):
		return policy.WithHint(fmt.Errorf("the server answers with HTTP status %d", status.StatusCode()),
			"check the url, and try again later if it is right")
	case errors.As(err, &trust):
		return policy.WithHint(fmt.Errorf("the server cannot be trusted: %w", trust),
			"name your own certificate authority by SSL_CERT_FILE")
	case errors.As(err, &request):
		return policy.WithHint(fmt.Errorf("the request failed: %w", request.Err),
			"check the network and HTTPS_PROXY; a directory or the builtin source needs no network")
	default:
		return policy.WithHint(fmt.Errorf("the server's reply cannot be used: %s", oneLine(err.Error())),
			"check that the url is that of a git repository; if it is, try again later")
	}
}

// oneLine makes text from a server fit to be shown.
func oneLine(s string) string {
	const most = 200
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
