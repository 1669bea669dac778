package cli

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/term"
)

// box is a thing of the picture, by its column and row.
type box struct {
	column, row int
	title, text string
}

// arrow leads from one box to another. Its label begins with a verb of the tool,
// or with a slash if it is somebody else's.
type arrow struct {
	from, to int
	label    string
}

const (
	boxWidth, boxHeight = 170, 62
	stepX, stepY        = 250, 126
	left, top           = 20, 76
)

func (b box) x() int { return left + b.column*stepX }

func (b box) y() int { return top + b.row*stepY }

func flow() ([]box, []arrow) {
	boxes := []box{
		{0, 0, "source at a pin", "git, folder or built-in"},
		{1, 0, "vendored tree", "upstream/ and its lock"},
		{2, 0, "rules", "read and converted"},
		{3, 0, "proven rules", "by probes and the oracle"},
		{3, 1, "Helm chart", "charts/<name>/"},
		{2, 1, "each cluster", "chart, values and patches"},
		{1, 1, "overlays", "overlays/<cluster>/"},
		{0, 1, "release bundle", "archive and record"},
		{3, 2, "answers", "denied, warned, admitted"},
		{2, 2, "differences", "cluster and values"},
		{1, 2, "live cluster", "the API server judges"},
		{0, 2, "proof", "made again, compared"},
	}
	return boxes, []arrow{
		{0, 1, "vendor"}, {1, 2, "build"}, {2, 3, "build"}, {3, 4, "build"}, {4, 5, "build"}, {5, 6, "build"},
		{6, 7, "release"}, {4, 8, "check"}, {6, 10, "/kubectl apply -k"}, {10, 9, "probe"}, {7, 11, "verify"},
	}
}

// TestFlowPicture holds docs/flow.svg: that it is what this file draws, and that
// the verbs on its arrows are verbs of the tool.
func TestFlowPicture(t *testing.T) {
	var out bytes.Buffer
	boxes, arrows := flow()
	var verbs []string
	for _, cmd := range newRoot(term.Streams{}).Commands() {
		verbs = append(verbs, cmd.Name())
	}
	out.WriteString(flowHead)
	for _, b := range boxes {
		fmt.Fprintf(&out, "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", b.x(), b.y(), boxWidth, boxHeight)
		text(&out, "title", "middle", b.x()+boxWidth/2, b.y()+26, b.title)
		text(&out, "text", "middle", b.x()+boxWidth/2, b.y()+46, b.text)
	}
	for _, a := range arrows {
		label, foreign := strings.CutPrefix(a.label, "/")
		if !foreign && !slices.Contains(verbs, label) {
			t.Errorf("an arrow says %s, which is no verb", label)
		}
		from, to := boxes[a.from], boxes[a.to]
		switch middle := boxHeight / 2; {
		case from.row < to.row:
			x := from.x() + boxWidth/2
			line(&out, x, from.y()+boxHeight, x, to.y()-2)
			text(&out, "verb", "start", x+10, (from.y()+boxHeight+to.y())/2+4, label)
		case from.column < to.column:
			line(&out, from.x()+boxWidth, from.y()+middle, to.x()-2, to.y()+middle)
			text(&out, "verb", "middle", (from.x()+boxWidth+to.x())/2, from.y()+middle-8, label)
		default:
			line(&out, from.x(), from.y()+middle, to.x()+boxWidth+2, to.y()+middle)
			text(&out, "verb", "middle", (from.x()+to.x()+boxWidth)/2, from.y()+middle-8, label)
		}
	}
	page(t, "flow.svg", append(out.Bytes(), "</svg>\n"...))
}

func text(out *bytes.Buffer, class, anchor string, x, y int, words string) {
	fmt.Fprintf(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", class, anchor, x, y, html.EscapeString(words))
}

func line(out *bytes.Buffer, x1, y1, x2, y2 int) {
	fmt.Fprintf(out, "<path class=\"line\" d=\"M%d %d L%d %d\" marker-end=\"url(#head)\"/>\n", x1, y1, x2, y2)
}

// flowHead has the colours for light and dark pages, and the way back: a bump
// takes the next pin.
const flowHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 420" role="img" aria-label="From a pinned source to a chart, overlays and a release">
<style>
.page { fill: #ffffff } .box { fill: #f3f6fa; stroke: #8c959f } .line { stroke: #57606a; stroke-width: 1.5; fill: none } .head { fill: #57606a }
text { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 } .title { font-size: 15px; font-weight: 600 } .text { font-size: 12px; fill: #57606a }
.verb { font-family: ui-monospace, Menlo, "DejaVu Sans Mono", monospace; font-size: 13px; fill: #0550ae }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } .box { fill: #1b2330; stroke: #6e7681 } .line { stroke: #9da7b3 } .head { fill: #9da7b3 } text { fill: #e6edf3 } .text { fill: #9da7b3 } .verb { fill: #79c0ff } }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 L8 4 L0 8 z"/></marker></defs>
<rect class="page" width="960" height="420" rx="10"/>
<path class="line" stroke-dasharray="4 4" d="M855 74 V40 H105 V72" marker-end="url(#head)"/>
<text class="verb" text-anchor="middle" x="480" y="30">bump: the next pin, and which verdicts it changes</text>
`
