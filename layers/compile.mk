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

# The packages of requirements.txt, as Lambda's processor and Python need them.
define install
uv pip install --quiet --no-deps --only-binary :all: --link-mode copy \
  --python-platform aarch64-manylinux2014 --python-version $(TARGET) \
  --target "$(1)" --requirements requirements.txt
endef

# Leaves out what nothing imports.
define trim
rm -rf "$(1)/bin" "$(1)/.lock"
find "$(1)" -type d \( -name tests -o -name test -o -name __pycache__ \) -prune -exec rm -rf {} +
find "$(1)" -type f \( -name '*.pyi' -o -name '*.c' -o -name '*.h' \) -delete
endef
