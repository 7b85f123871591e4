begin read only
