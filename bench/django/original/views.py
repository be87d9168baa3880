import time

from rest_framework import serializers, viewsets
from rest_framework.response import Response

from .models import Order

PROCESSING_DELAY_S = 0


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = "__all__"
        read_only_fields = ("created_at", "updated_at")


class OrderV1ViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer

    def update(self, request, *args, **kwargs):
        order = self.get_object()
        time.sleep(PROCESSING_DELAY_S)
        order.status = request.data["status"]
        order.save()
        return Response(self.get_serializer(order).data)


class OrderStdViewSet(viewsets.ModelViewSet):
    """Plain ModelViewSet: no override."""

    queryset = Order.objects.all()
    serializer_class = OrderSerializer
