package bump

import (
	"bytes"
	"regexp"

	"github.com/vapchart/vapchart/templates"
)

// Entry is what a changelog says of one version of the chart.
type Entry struct {
	Version, Date string // the date as 2006-01-02
	Present, Next string // versions of the policies
	Why           string // the version is what it is
	Sections      []Section
}

// Section is one of the kinds of change that Keep a Changelog knows, such as Added.
type Section struct {
	Title string
	Items []string // one line each, in Markdown
}

// Changelog gives the text of a changelog with one more entry: in front of all others,
// behind what is written of versions to come. Of no text, a new one is begun.
func Changelog(now []byte, e Entry) ([]byte, error) {
	kept := e.Sections[:0:0]
	for _, s := range e.Sections {
		if len(s.Items) > 0 {
			kept = append(kept, s)
		}
	}
	e.Sections = kept
	entry, err := templates.File(templates.Bump, "bump/changelog.tmpl", e)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(now)) == 0 {
		head, err := templates.File(templates.Bump, "bump/head.tmpl", nil)
		return append(append(head, bytes.TrimRight(entry, "\n")...), '\n'), err
	}
	at := len(now)
	for _, loc := range regexp.MustCompile(`(?m)^## .*$`).FindAllIndex(now, -1) {
		if !bytes.Contains(bytes.ToLower(now[loc[0]:loc[1]]), []byte("unreleased")) {
			at = loc[0]
			break
		}
	}
	var out bytes.Buffer
	out.Write(now[:at])
	if at == len(now) {
		if !bytes.HasSuffix(now, []byte("\n")) {
			out.WriteString("\n")
		}
		out.WriteString("\n")
		entry = append(bytes.TrimRight(entry, "\n"), '\n')
	}
	out.Write(entry)
	out.Write(now[at:])
	return out.Bytes(), nil
}
