# Byte-compiles what a layer or a function ships: /opt and /var/task are read-only on Lambda, so
# without it every cold start compiles everything again. Bytecode must come from Lambda's version.

TARGET := 3.13
FIND_PYTHON = for python in python$(TARGET) $$HOME/.pyenv/versions/$(TARGET)*/bin/python \
	"$$(uv python find --managed-python $(TARGET) 2>/dev/null)"; do \
	  "$$python" -c '' 2>/dev/null && break; python=; done; \
	if [ -z "$$python" ]; then uv python install --quiet $(TARGET) && \
	  python="$$(uv python find --managed-python $(TARGET))"; fi; \
	[ -n "$$python" ] || { echo "Python $(TARGET) is needed to compile for Lambda" >&2; exit 1; }

define compile
@$(FIND_PYTHON); "$$python" -m compileall -q -j 0 --invalidation-mode unchecked-hash \
  -s "$(1)" -p "$(2)" "$(1)"
endef
